"""The memory of the server process: how much caches may use, and how freed memory returns to the system."""

import ctypes
import gc
import os
import sys
from pathlib import Path

import psutil

CACHE_VARIABLE = "SEGCORE_CACHE_MB"
"""The environment variable that sets the budget of the caches, in MB."""

_MOST = 2**30
_SHARE = 8
_CONTAINER_LIMITS = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")

_M_MMAP_THRESHOLD, _M_ARENA_MAX = -3, -8  # malloc.h of glibc
_LARGE = 2**20
_ARENAS = 2


def cache_budget() -> int:
    """Bytes for all caches together: an eighth of the machine's or container's memory, at most 1 GB.

    ``SEGCORE_CACHE_MB`` overrides it; a value that is no positive number is ignored.
    """
    stated = os.environ.get(CACHE_VARIABLE, "")
    if stated.isdecimal() and int(stated):
        return int(stated) * 10**6
    return min(_machine_memory() // _SHARE, _MOST)


def return_large_blocks() -> None:
    """Make malloc return large blocks as soon as they are freed, and keep few heaps. For glibc; else nothing happens.

    By default glibc raises its threshold with every large block that is freed, up to 32 MB. Arrays of photos then lie
    between small objects of a heap and cannot be returned. And each thread gets a heap of its own.
    """
    libc = _glibc()
    if libc is not None:
        libc.mallopt(_M_MMAP_THRESHOLD, _LARGE)
        libc.mallopt(_M_ARENA_MAX, _ARENAS)


def return_free_memory() -> None:
    """Return the free pages of all heaps to the system."""
    gc.collect()
    libc = _glibc()
    if libc is not None:
        libc.malloc_trim(0)


def _glibc() -> ctypes.CDLL | None:
    if sys.platform != "linux":
        return None
    libc = ctypes.CDLL(None)
    return libc if hasattr(libc, "mallopt") and hasattr(libc, "malloc_trim") else None


def _machine_memory() -> int:
    """Bytes of the machine, or of the container that this process is in."""
    limits: list[int] = [psutil.virtual_memory().total]
    for place in map(Path, _CONTAINER_LIMITS):
        try:
            limits.append(int(place.read_text()))
        except (OSError, ValueError):  # no such group, or its limit is "max"
            continue
    return min(limits)
