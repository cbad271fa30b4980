"""Unpacking archives from users and publishers.

Everything is unpacked to a temporary folder, which gets its name only when it is complete. The checks of the contents
are in archive_members.py.
"""

import re
import shutil
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from segcore import paths
from segcore.data.archive_members import Limits, Member, open_members, refuse_bomb, unsafe
from segcore.data.recognition import Recognised, recognise
from segcore.errors import BadDataset, Message, SegcoreError
from segcore.job_context import JobContext

Progress = Callable[[int, int | None], object]
"""Called with the bytes done and the total (None: unknown); an exception that it raises stops the work."""

_CHUNK = 1 << 20
_WRITABLE = 0o644
_USUAL = Limits()


def import_zip(source: Path, name: str, *, progress: Progress | None = None) -> Recognised:
    """Unpack a user's zip into the folder of datasets and recognise its layout.

    ``name`` is for the user; the folder gets it as by `safe_name`, with a number if that name is taken. ``progress``
    receives the bytes written.

    Raises:
        BadDataset: no zip, an unsafe one, one beyond the limits, or without a dataset; then nothing is kept.
    """
    target = _free_place(paths.data_dir(), safe_name(name))
    unpack(source, target, progress=progress)
    try:
        return recognise(target)
    except SegcoreError as error:
        shutil.rmtree(target, ignore_errors=True)
        raise BadDataset(error.message.replaced(str(target), f"“{name}”")) from error


def work(settings: Mapping[str, Any], job: JobContext) -> dict[str, Any]:
    """The function of the job ``dataset_import``. It takes ``zip``, a path, and ``name``; it returns ``root``."""
    path = Path(settings["zip"])
    if not path.is_file():
        raise BadDataset("There is no file {path}. Type the path of a .zip on this computer.", path=path)

    def progress(done: int, total: int | None) -> None:
        job.progress(done, total, doing="unpacking", detail=f"{done / 1e6:,.0f} / {(total or done) / 1e6:,.0f} MB")

    return {"root": str(import_zip(path, settings["name"], progress=progress).root)}


def unpack(source: Path, target: Path, *, limits: Limits = _USUAL, progress: Progress | None = None) -> Path:
    """Unpack a zip or a tar (plain, .gz, .bz2, .xz) to the new folder ``target``, which is returned.

    Raises BadDataset as `import_zip`, and where ``target`` exists.
    """
    if target.exists():
        raise BadDataset("{target} is there already. Delete or rename it first.", target=target)
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".unpacking-") as scratch:
        place = Path(scratch) / "whole"
        place.mkdir()
        try:
            packed = source.stat().st_size
            with open_members(source, packed, place, limits) as members:
                _write(members, packed, place, limits, progress or (lambda _done, _total: None))
        except (zipfile.BadZipFile, tarfile.TarError, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
            reason = next(iter(str(error).splitlines()), type(error).__name__).rstrip(".: ")
            raise BadDataset(
                "The archive cannot be unpacked: {reason}. Expected a sound .zip without a password (or .tar, "
                ".tar.gz). Pack it again.",
                reason=reason,
            ) from error
        except OSError as error:
            raise BadDataset(
                "The archive could not be unpacked to {folder}: {reason}.",
                folder=target.parent,
                reason=error.strerror or error,
            ) from error
        place.rename(target)
    return target


def safe_name(name: str) -> str:
    """A folder name for a user's file: letters, digits, "-" and "_", at most 60 of them."""
    stem = re.sub(r"(\.tar)?\.\w{1,4}$", "", name.replace("\\", "/").rpartition("/")[2])
    return re.sub(r"[^\w-]+", "-", stem, flags=re.UNICODE).strip("-_")[:60] or "dataset"


def _free_place(folder: Path, name: str) -> Path:
    number = 1
    while (place := folder / (name if number == 1 else f"{name}-{number}")).exists():
        number += 1
    return place


def _write(members: list[Member], packed: int, place: Path, limits: Limits, progress: Progress) -> None:
    done, total = 0, sum(member.size for member in members)
    for member in members:
        path = place.joinpath(*member.name.parts)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except (FileExistsError, NotADirectoryError):
            raise unsafe(str(member.name), Message("a file that is also a folder")) from None
        with member.open() as source, path.open("xb") as file:
            while chunk := source.read(_CHUNK):
                done += len(chunk)
                refuse_bomb(done, packed, limits)
                file.write(chunk)
                progress(done, total)
        path.chmod(_WRITABLE)
