"""What killed processes have left behind in the user's folder: swept when a command or the server starts."""

import shutil
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from segcore import paths
from segcore.runs import lock

_UNUSED_SECONDS = 3600.0
"""Nothing that is still being made stays unchanged for that long."""
_DELETED = ".deleted-*"
_UNFINISHED = (".new-*", ".unpacking-*", ".arriving-*", ".*.arriving", ".*.part")


def sweep_home() -> None:
    """Complete interrupted deletions, and delete files and folders that were never finished.

    A deletion is completed at once, unless the process that began it is still at it and holds the lock of the run. An
    unfinished file or folder is deleted if it has not changed for an hour. What cannot be deleted stays.
    """
    runs = (paths.runs_dir(), paths.jobs_dir())
    others = (paths.data_dir(), paths.own_checkpoints_dir(), paths.downloads_dir())
    with suppress(OSError):
        for folder in runs:
            for leftover in folder.glob(_DELETED):
                if not lock.is_locked(leftover / "lock"):
                    _delete(leftover)
        for leftover in _unfinished(runs + others):
            if time.time() - _newest(leftover) > _UNUSED_SECONDS:
                _delete(leftover)


def _unfinished(folders: tuple[Path, ...]) -> Iterator[Path]:
    for folder in folders:
        hidden = list(folder.glob(".*"))
        for pattern in _UNFINISHED:
            yield from (path for path in hidden if path.match(pattern))


def _newest(path: Path) -> float:
    """When anything in a folder, or a file, was last changed; Unix seconds. The time of now if that is not known."""
    try:
        inner = path.rglob("*") if path.is_dir() and not path.is_symlink() else ()
        return max(float(each.lstat().st_mtime) for each in (path, *inner))
    except OSError:
        return time.time()


def _delete(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with suppress(OSError):
            path.unlink()
