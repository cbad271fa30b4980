"""Unpack what others packed, without believing a word of it.

An archive may name files outside the folder it is unpacked to, hold links that lead out of it, or unfold from a
kilobyte to a terabyte. Nothing is written before the list of its files has been checked against ``Limits``, and the
bytes are counted again while they arrive, because the list may lie. Everything goes to a folder of its own that gets
its name only when all is there.
"""

import io
import re
import shutil
import stat
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import IO, Any, BinaryIO

from segcore import paths
from segcore.data.registry import Recognised, recognise
from segcore.errors import BadDataset, Message, SegcoreError
from segcore.job_context import JobContext

Step = Callable[[int, int | None], bool]
"""Called with the bytes that are done and the bytes there will be (None: not known); True gives up."""

_CHUNK = 1 << 20
_NOISE = ("__MACOSX/", ".DS_Store", "Thumbs.db")
_MAX_NAME = 200
_WRITABLE = 0o644


@dataclass(frozen=True)
class Limits:
    """What is unpacked at most.

    Attributes:
        files: number of files.
        gigabytes: of all files together, unpacked (1 GB = 10^9 bytes).
        ratio: unpacked bytes for each packed one, from ``ratio_from_mb`` on; photos and masks in PNG or JPEG hardly
            shrink at all, a bomb has 1,000 and more.
        ratio_from_mb: below this many megabytes nobody is harmed by any ratio.
    """

    files: int = 400_000
    gigabytes: float = 50.0
    ratio: float = 200.0
    ratio_from_mb: float = 200.0

    @property
    def bytes(self) -> int:
        """``gigabytes`` in bytes."""
        return int(self.gigabytes * 1e9)


class GaveUp(Exception):
    """The step asked to stop; what was unpacked is deleted again."""


@dataclass(frozen=True)
class _Member:
    """A file of an archive: where it goes, how long it says it is, and how to read it."""

    name: PurePosixPath
    size: int
    open: Callable[[], IO[bytes]]


def import_zip(
    source: BinaryIO | bytes | Path, name: str, *, limits: Limits | None = None, step: Step | None = None
) -> Recognised:
    """Unpack somebody's zip into the folder of datasets and find out what it is.

    Args:
        source: the zip.
        name: what the user calls it, such as the file's name. The folder is named after it, with what a file name
            cannot have left out, and a number where that name is taken.
        limits: other than the usual ones.
        step: told how far it is.

    Returns:
        The layout and its folder, under ``segcore.paths.data_dir()``.

    Raises:
        BadDataset: no zip, an unsafe one, one beyond the limits, or none with a dataset in it; nothing is kept then.
        GaveUp: ``step`` said so.
    """
    target = _free_place(paths.data_dir(), safe_name(name))
    unpack(source, target, limits=limits, step=step)
    try:
        return recognise(target)
    except SegcoreError as error:
        shutil.rmtree(target, ignore_errors=True)
        raise BadDataset(error.message.replaced(str(target), f"“{name}”")) from error


def work(settings: Mapping[str, Any], job: JobContext) -> dict[str, Any]:
    """The function of the job ``dataset_import``, see segcore/jobs/table.py.

    Args:
        settings: ``zip``, a file of this computer; ``name``, what the user calls it.
        job: takes the progress in bytes. The dataset goes to the folder of datasets; if cancelled, nothing is left.

    Returns:
        ``root`` of the dataset.

    Raises:
        BadDataset: as from ``import_zip``, or the file is not there.
    """
    path = Path(settings["zip"])
    if not path.is_file():
        raise BadDataset("There is no file {path}. Type the path of a .zip on this computer.", path=path)

    def step(done: int, total: int | None) -> bool:
        told = f"{done / 1e6:,.0f} / {(total or done) / 1e6:,.0f} MB"
        job.progress(done, total, doing="unpacking", detail=told)
        return False

    return {"root": str(import_zip(path, settings["name"], step=step).root)}


def unpack(
    source: BinaryIO | bytes | Path, target: Path, *, limits: Limits | None = None, step: Step | None = None
) -> Path:
    """Unpack a zip or a tar (plain, .gz, .bz2, .xz) to a folder that is not there yet.

    Returns:
        ``target``, with everything in it.

    Raises:
        BadDataset: see ``import_zip``.
        GaveUp: ``step`` said so.
    """
    limits = limits or Limits()
    step = step or (lambda _done, _total: False)
    if target.exists():
        raise BadDataset("{target} is there already. Delete or rename it first.", target=target)
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".unpacking-") as scratch:
        place = Path(scratch) / "whole"
        place.mkdir()
        try:
            with _opened(source) as file:
                packed = file.seek(0, io.SEEK_END)
                file.seek(0)
                _write_all(file, packed, place, limits, step)
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
    """A folder's name from what a user calls a file: letters, digits, "-" and "_", at most 60 of them."""
    stem = re.sub(r"(\.tar)?\.\w{1,4}$", "", name.replace("\\", "/").rpartition("/")[2])
    return re.sub(r"[^\w-]+", "-", stem, flags=re.UNICODE).strip("-_")[:60] or "dataset"


def _free_place(folder: Path, name: str) -> Path:
    number = 1
    while (place := folder / (name if number == 1 else f"{name}-{number}")).exists():
        number += 1
    return place


def _opened(source: BinaryIO | bytes | Path) -> AbstractContextManager[IO[bytes]]:
    """The source as a file; one that the caller opened stays open."""
    if isinstance(source, bytes):
        return io.BytesIO(source)
    return source.open("rb") if isinstance(source, Path) else nullcontext(source)


def _write_all(file: IO[bytes], packed: int, place: Path, limits: Limits, step: Step) -> None:
    if zipfile.is_zipfile(file):
        file.seek(0)
        with zipfile.ZipFile(file) as archive:
            members = _checked(_zip_members(archive), packed, place, limits)
            _write(members, packed, place, limits, step)
        return
    file.seek(0)
    with tarfile.open(fileobj=file, mode="r:*") as archive:
        members = _checked(_tar_members(archive), packed, place, limits)
        _write(members, packed, place, limits, step)


def _zip_members(archive: zipfile.ZipFile) -> Iterator[_Member]:
    for info in archive.infolist():
        kind = stat.S_IFMT(info.external_attr >> 16)
        if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
            raise _unsafe(info.filename, Message("a link or a device"))
        if info.flag_bits & 1:
            raise BadDataset("The archive has a password. Pack it again without one.")
        if not info.is_dir():
            yield _Member(_safe_path(info.filename), info.file_size, partial(archive.open, info))


def _tar_members(archive: tarfile.TarFile) -> Iterator[_Member]:
    for info in archive:
        if info.isdir():
            continue
        if not info.isreg():
            raise _unsafe(info.name, Message("a link or a device"))
        yield _Member(_safe_path(info.name), info.size, partial(_tar_file, archive, info))


def _tar_file(archive: tarfile.TarFile, info: tarfile.TarInfo) -> IO[bytes]:
    file = archive.extractfile(info)
    assert file is not None, "regular files have contents"
    return file


def _safe_path(name: str) -> PurePosixPath:
    """The path of a file within the folder.

    Raises:
        BadDataset: it leads out of it, or no file system takes it.
    """
    path = PurePosixPath(name.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or re.match(r"[A-Za-z]:", name) or not path.parts:
        raise _unsafe(name, Message("a path that leads out of the folder"))
    if any(ord(letter) < 32 for letter in name) or max(map(len, path.parts)) > _MAX_NAME:
        raise _unsafe(name, Message("a name that is no file name"))
    return path


def _unsafe(name: str, what: Message) -> BadDataset:
    return BadDataset(
        "The archive holds {what}: {name!r}. Nothing was unpacked. Pack plain files and folders only.",
        what=what,
        name=name[:80],
    )


def _checked(members: Iterator[_Member], packed: int, place: Path, limits: Limits) -> list[_Member]:
    """All members but other systems' leftovers, after a look at what they say of themselves."""
    wanted: list[_Member] = []
    seen: set[str] = set()
    total = 0
    for member in members:
        if any(str(member.name).startswith(noise) or member.name.name == noise for noise in _NOISE):
            continue
        key = str(member.name).casefold()  # one file on Windows and macOS
        if key in seen:
            raise BadDataset("The archive holds {name!r} twice. Pack it again.", name=str(member.name)[:80])
        seen.add(key)
        wanted.append(member)
        total += member.size
        if len(wanted) > limits.files:
            raise BadDataset(
                "The archive holds more than {count:,} files, the most that are unpacked. Unpack it yourself and "
                "give the folder.",
                count=limits.files,
            )
        _refuse_bomb(total, packed, limits)
    if not wanted:
        raise BadDataset("The archive is empty. Pack the folder with images and masks.")
    free = shutil.disk_usage(place).free
    if total > free:
        raise BadDataset(
            "The archive unfolds to {size:.1f} GB, but the disk has {free:.1f} GB left. Make room first.",
            size=total / 1e9,
            free=free / 1e9,
        )
    return wanted


def _refuse_bomb(total: int, packed: int, limits: Limits) -> None:
    if total > limits.bytes:
        raise BadDataset(
            "The archive unfolds to more than {size:g} GB, the most that is unpacked. Unpack it yourself and give "
            "the folder.",
            size=limits.gigabytes,
        )
    if total > limits.ratio_from_mb * 1e6 and total > limits.ratio * packed:
        raise BadDataset(
            "The archive of {size:.1f} MB unfolds to more than {ratio:g} times that, which photos and masks never "
            "do. Unpack it yourself and give the folder if you know what it is.",
            size=packed / 1e6,
            ratio=limits.ratio,
        )


def _write(members: list[_Member], packed: int, place: Path, limits: Limits, step: Step) -> None:
    done, total = 0, sum(member.size for member in members)
    for member in members:
        path = place.joinpath(*member.name.parts)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except (FileExistsError, NotADirectoryError):
            raise _unsafe(str(member.name), Message("a file that is also a folder")) from None
        with member.open() as source, path.open("xb") as file:
            while chunk := source.read(_CHUNK):
                done += len(chunk)
                _refuse_bomb(done, packed, limits)
                file.write(chunk)
                if step(done, total):
                    raise GaveUp
        path.chmod(_WRITABLE)
