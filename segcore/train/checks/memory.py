"""How much memory something needs, and how much there is."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import psutil
import torch

MemoryKind = Literal["cuda", "mps", "resident"]
_LOOK_EVERY = 0.01  # seconds between two looks at the resident memory


@dataclass
class Memory:
    """Of a device, in bytes.

    Attributes:
        kind: what ``peak`` is: of the tensors on the card (cuda, mps), or how far the process's resident memory grew.
        free: before.
        total: of the device.
        peak: most in use at once.
    """

    kind: MemoryKind
    free: int
    total: int
    peak: int = 0


@contextmanager
def peak_memory(device: str) -> Iterator[Memory]:
    """Measure the most memory that the block uses at once: on the card, or of this process where there is none.

    Args:
        device: "cpu", "mps", "cuda" or "cuda:N".

    Yields:
        The measurement; its peak is known after the block.
    """
    if device.startswith("cuda"):
        free, total = torch.cuda.mem_get_info(device)
        torch.cuda.reset_peak_memory_stats(device)
        memory = Memory("cuda", free, total)
        yield memory
        memory.peak = torch.cuda.max_memory_allocated(device)
    elif device == "mps":
        total = torch.mps.recommended_max_memory()
        memory = Memory("mps", total - torch.mps.driver_allocated_memory(), total)
        yield memory
        memory.peak = torch.mps.driver_allocated_memory()
    else:
        with _resident_growth() as memory:
            yield memory


@contextmanager
def _resident_growth() -> Iterator[Memory]:
    process, over = psutil.Process(), threading.Event()
    free, total = machine_memory()
    lowest = own_memory(process)
    memory = Memory("resident", free, total)

    def watch() -> None:
        nonlocal lowest  # what others give back meanwhile must not hide what the block takes
        while not over.wait(_LOOK_EVERY):
            held = own_memory(process)
            lowest = min(lowest, held)
            memory.peak = max(memory.peak, held - lowest)

    watcher = threading.Thread(target=watch, name="memory", daemon=True)
    watcher.start()
    try:
        yield memory
    finally:
        over.set()
        watcher.join()


def own_memory(process: psutil.Process) -> int:
    """Bytes in memory that are the process's own; the system takes pages of mapped files back as it likes."""
    held = process.memory_info()
    return int(held.rss - getattr(held, "shared", 0))


def machine_memory() -> tuple[int, int]:
    """(free, total) bytes for programs; in a container those of the container."""
    facts = psutil.virtual_memory()
    free, total = facts.available, facts.total
    group = Path("/sys/fs/cgroup")
    try:
        limit, used = (int((group / name).read_text()) for name in ("memory.max", "memory.current"))
    except (OSError, ValueError):  # not Linux, or no limit
        return free, total
    return min(free, max(limit - used, 0)), min(total, limit)
