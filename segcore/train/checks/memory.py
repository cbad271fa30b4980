"""Peak memory of a block of code, and the free memory of the machine."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import psutil
import torch

MemoryKind = Literal["cuda", "mps", "resident"]
_POLL_SECONDS = 0.01
_PROCESS = psutil.Process()


@dataclass
class Memory:
    """Memory of a device, in bytes: free before a block of code, and the peak, known after it.

    ``kind`` is what ``peak`` measures: tensors on the GPU (cuda, mps) or the growth of the process's resident memory.
    """

    kind: MemoryKind
    free: int
    total: int
    peak: int = 0


@contextmanager
def peak_memory(device: str) -> Iterator[Memory]:
    """Measure the peak memory of the block, on "cuda", "cuda:N" or "mps", or for "cpu" of this process."""
    if device.startswith("cuda"):
        memory = Memory("cuda", *torch.cuda.mem_get_info(device))
        torch.cuda.reset_peak_memory_stats(device)
        yield memory
        memory.peak = torch.cuda.max_memory_allocated(device)
    elif device == "mps":
        total = torch.mps.recommended_max_memory()
        memory = Memory("mps", total - torch.mps.driver_allocated_memory(), total)
        yield memory
        memory.peak = torch.mps.driver_allocated_memory()
    else:
        memory, over = Memory("resident", *machine_memory()), threading.Event()
        watcher = threading.Thread(target=_watch, args=(memory, over, own_memory()), name="memory", daemon=True)
        watcher.start()
        try:
            yield memory
        finally:
            over.set()
            watcher.join()


def _watch(memory: Memory, over: threading.Event, lowest: int) -> None:
    """Poll the process's memory until ``over`` is set; ``lowest``: what it used before the block."""
    while not over.wait(_POLL_SECONDS):
        own = own_memory()
        lowest = min(lowest, own)  # memory that other code frees meanwhile must not hide what the block takes
        memory.peak = max(memory.peak, own - lowest)


def own_memory() -> int:
    """Private resident bytes of this process; the system reclaims pages of mapped files at will."""
    held = _PROCESS.memory_info()
    return int(held.rss - getattr(held, "shared", 0))


def machine_memory() -> tuple[int, int]:
    """(free, total) bytes for programs; in a container those of the container."""
    facts = psutil.virtual_memory()
    group = Path("/sys/fs/cgroup")
    try:
        limit, used = (int((group / name).read_text()) for name in ("memory.max", "memory.current"))
    except (OSError, ValueError):  # not Linux, or no limit
        return facts.available, facts.total
    return min(facts.available, max(limit - used, 0)), min(facts.total, limit)
