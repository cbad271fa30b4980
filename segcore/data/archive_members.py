"""The files of an untrusted archive, checked before anything is written.

An archive may name files outside its folder, contain links out of it, or unpack from a kilobyte to a terabyte. Because
its list of files may be wrong, `refuse_bomb` checks the bytes again while they are written.
"""

import re
import shutil
import stat
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import IO

from segcore.errors import BadDataset, Message

_NOISE = ("__MACOSX/", ".DS_Store", "Thumbs.db")
_MAX_NAME = 200


@dataclass(frozen=True)
class Limits:
    """The largest archive that is unpacked: files, and gigabytes of all together (1 GB = 10^9 bytes).

    ``ratio`` is unpacked bytes per packed byte, for archives above ``ratio_from_mb`` megabytes; photos and masks in PNG
    or JPEG hardly shrink, a zip bomb has 1,000 and more.
    """

    files: int = 400_000
    gigabytes: float = 50.0
    ratio: float = 200.0
    ratio_from_mb: float = 200.0


@dataclass(frozen=True)
class Member:
    """A file of an archive: its path, its stated length, and how to read it."""

    name: PurePosixPath
    size: int
    open: Callable[[], IO[bytes]]


@contextmanager
def open_members(source: Path, packed: int, place: Path, limits: Limits) -> Iterator[list[Member]]:
    """The files of a zip or a tar, without leftovers of other systems.

    ``packed`` is the length of the archive in bytes; the disk of ``place``, the folder for its files, must have room.

    Raises:
        BadDataset: unsafe names, links, a password, no files, or beyond the limits.
        zipfile.BadZipFile, tarfile.TarError: no archive, or a damaged one.
    """
    if zipfile.is_zipfile(source):
        with zipfile.ZipFile(source) as zipped:
            yield _checked(_zip_members(zipped), packed, place, limits)
    else:
        with tarfile.open(source) as tarred:
            yield _checked(_tar_members(tarred), packed, place, limits)


def _zip_members(archive: zipfile.ZipFile) -> Iterator[Member]:
    for info in archive.infolist():
        kind = stat.S_IFMT(info.external_attr >> 16)
        if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
            raise unsafe(info.filename, Message("a link or a device"))
        if info.flag_bits & 1:
            raise BadDataset("The archive has a password. Pack it again without one.")
        if not info.is_dir():
            yield Member(_safe_path(info.filename), info.file_size, partial(archive.open, info))


def _tar_members(archive: tarfile.TarFile) -> Iterator[Member]:
    for info in archive:
        if info.isdir():
            continue
        if not info.isreg():
            raise unsafe(info.name, Message("a link or a device"))
        yield Member(_safe_path(info.name), info.size, partial(_tar_file, archive, info))


def _tar_file(archive: tarfile.TarFile, info: tarfile.TarInfo) -> IO[bytes]:
    file = archive.extractfile(info)
    assert file is not None, "regular files have contents"
    return file


def _safe_path(name: str) -> PurePosixPath:
    """The path of a file within the folder; BadDataset where it leads out of it, or is no valid file name."""
    path = PurePosixPath(name.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or re.match(r"[A-Za-z]:", name) or not path.parts:
        raise unsafe(name, Message("a path that leads out of the folder"))
    if any(ord(letter) < 32 for letter in name) or max(map(len, path.parts)) > _MAX_NAME:
        raise unsafe(name, Message("a name that is no file name"))
    return path


def unsafe(name: str, what: Message) -> BadDataset:
    """The error for a file that is not unpacked."""
    return BadDataset(
        "The archive holds {what}: {name!r}. Nothing was unpacked. Pack plain files and folders only.",
        what=what,
        name=name[:80],
    )


def _checked(members: Iterator[Member], packed: int, place: Path, limits: Limits) -> list[Member]:
    """All members but leftovers of other systems, after checking their stated names and lengths."""
    wanted: list[Member] = []
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
        refuse_bomb(total, packed, limits)
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


def refuse_bomb(total: int, packed: int, limits: Limits) -> None:
    """Raise BadDataset where ``total`` unpacked bytes exceed the limits of an archive of ``packed`` bytes."""
    if total > limits.gigabytes * 1e9:
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
