"""Facts about the machine and its disk: when it was started, how much space a folder takes."""

import os
from contextlib import suppress
from pathlib import Path


def boot_id() -> str:
    """An identifier of the current boot of the machine; empty if the system has none."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return ""


def folder_size(folder: str) -> int:
    """Bytes of all files in a folder. A long run has thousands; `os.scandir` is several times as fast as pathlib."""
    total = 0
    with suppress(FileNotFoundError), os.scandir(folder) as found:
        for each in found:
            with suppress(FileNotFoundError):  # replaced in this moment
                is_folder = each.is_dir(follow_symlinks=False)
                total += folder_size(each.path) if is_folder else each.stat(follow_symlinks=False).st_size
    return total
