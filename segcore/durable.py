"""Files that are whole or not there: a kill, a power cut or a full disk leaves the old content or the new, no half."""

import os
import sys
import tempfile
from pathlib import Path

PART_SUFFIX = ".part"
"""Ends the name of a file that is still being written; one that a killed process left behind can be deleted."""


def write_whole(path: Path, data: bytes) -> None:
    """Write beside the target, flush to the disk, then rename: renaming is atomic, writing is not.

    Raises:
        OSError: the disk is full or the folder may not be written; the old file is still there then.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=PART_SUFFIX)
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
    """Make a new name in a folder survive a power cut (Windows does so by itself)."""
    if sys.platform == "win32":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sweep_parts(folder: Path) -> None:
    """Delete what killed writers left behind, in the folder and below it; call it only where nobody is writing."""
    for leftover in folder.rglob(f".*{PART_SUFFIX}"):
        leftover.unlink(missing_ok=True)
