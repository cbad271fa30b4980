"""Atomic writes: after a kill, a power cut or a full disk a file has its old content or its new content."""

import os
import sys
import tempfile
from pathlib import Path

PART_SUFFIX = ".part"
"""Suffix of a file that is being written; one left behind by a killed process can be deleted."""


def write_whole(path: Path, data: bytes) -> None:
    """Write a file atomically: to a temporary file next to it, which is flushed to disk and renamed.

    Raises:
        OSError: the disk is full or the folder is read-only; the old file is then unchanged.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    # Not the whole name: a file whose name has the 255 bytes that systems allow can be written too.
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:32]}.", suffix=PART_SUFFIX)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).chmod(0o644)  # mkstemp makes it private
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    flush_folder(path.parent)


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
