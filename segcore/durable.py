"""Atomic writes: after a kill, a power cut or a full disk a file has its old content or its new content."""

import os
import re
import stat
import sys
import tempfile
from pathlib import Path

PART_SUFFIX = ".part"
"""Suffix of a file that is being written; one left behind by a killed process can be deleted."""


_OWN_STREAM = re.compile(r"/dev/(?:(stdout)|(stderr)|fd/(\d+))|/proc/self/fd/(\d+)")
_NAME_IN_TEMPORARY = 40
"""Characters of a name that its temporary file repeats; with all of them a long name would become too long."""


def write_whole(path: Path, data: bytes) -> None:
    """Write a file atomically: to a temporary file next to it, which is flushed to disk and renamed.

    A symbolic link stays one, and the file that it names is written. A pipe, a device or an open stream, such as
    /dev/stdout, is written to, not replaced. A file that is replaced keeps its permissions.

    Raises:
        OSError: the disk is full or the folder is read-only; the old file is then unchanged.
    """
    stream = _OWN_STREAM.fullmatch(os.fspath(path))
    if stream or (path.exists() and not path.is_file()):
        _write_through(path, data, stream)
        return
    if path.is_symlink():
        path = Path(os.path.realpath(path))
    path.parent.mkdir(parents=True, exist_ok=True)
    mode = stat.S_IMODE(path.stat().st_mode) if path.exists() else 0o644  # mkstemp makes it private
    prefix = f".{path.name[:_NAME_IN_TEMPORARY]}."
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=prefix, suffix=PART_SUFFIX)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).chmod(mode)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    flush_folder(path.parent)


def utf8(text: str) -> bytes:
    r"""Encode a text; bytes of file names that are no UTF-8 become escapes such as \udcff, which JSON reads back."""
    return text.encode("utf-8", "backslashreplace")


def _write_through(path: Path, data: bytes, stream: re.Match[str] | None) -> None:
    """Write to what is no regular file; of this process's own streams, after what was printed before."""
    if stream is None:
        target: Path | int = path
    else:
        sys.stdout.flush()
        number = next((group for group in stream.groups()[2:] if group), "1" if stream[1] else "2")
        target = os.dup(int(number))
    with open(target, "wb") as file:  # noqa: PTH123 - a descriptor is no path
        file.write(data)


def flush_folder(folder: Path) -> None:
    """Flush a folder, so that a new name in it survives a power cut (not needed on Windows)."""
    if sys.platform == "win32":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sweep_parts(folder: Path) -> None:
    """Delete temporary files of killed writers in a folder and below it, while nothing is being written there."""
    for leftover in folder.rglob(f".*{PART_SUFFIX}"):
        leftover.unlink(missing_ok=True)
