"""Resource usage of a run and its machine, measured every few seconds as ``meter`` events.

    {"kind": "meter", "cpu_percent": 93.5, "cores": 16, "run_cpu_percent": 210.0, "run_memory_mb": 5120, …}

``cpu_percent`` and ``gpu_percent`` refer to the whole machine or card, 0 … 100; ``run_cpu_percent`` and
``run_memory_mb`` to the run's process and all its descendants, where 100 % is one core and shared memory is counted in
each. Megabytes are 10⁶ bytes. What cannot be read is omitted.

Meters work in a thread of their own, which uses less than 0.25 % of a core; an error there only omits facts.
Measurements become rarer the longer the run lasts, so that a day adds less than a megabyte to events.jsonl.
"""

import logging
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil
import pynvml
import torch

log = logging.getLogger(__name__)

EVERY_SECONDS = (2.0, 30.0)
"""The shortest and the longest pause between two measurements."""
MEASUREMENTS_PER_RUN = 300
"""A run of T seconds is measured every T / 300 seconds, within the limits above."""
_REST_PER_WORK = 400
"""The thread sleeps this many times as long as a measurement took."""
_JOIN_SECONDS = 5.0
"""A hanging driver must not keep a run from ending."""
_MB = 1_000_000


@contextmanager
def meters(
    emit: Callable[..., object], device: str, folder: Path, *, every: tuple[float, float] = EVERY_SECONDS
) -> Iterator[None]:
    """Emit a ``meter`` event, from another thread, every few seconds until the block ends.

    The free space is that of the folder's disk; ``every``: the shortest and the longest pause, in seconds.
    """
    over = threading.Event()
    arguments = (emit, device, folder, every, over)
    thread = threading.Thread(target=_measure_repeatedly, args=arguments, name="meters", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(_JOIN_SECONDS)


def _measure_repeatedly(
    emit: Callable[..., object], device: str, folder: Path, every: tuple[float, float], over: threading.Event
) -> None:
    began = time.monotonic()
    shortest, longest = every
    rest = shortest
    with _card(device) as card:
        machine = _Machine(folder)
        while not over.wait(rest):
            work = time.thread_time()
            try:
                facts = machine.measure() | _card_facts(card)
                if not over.is_set():  # the run may have emitted its last event
                    emit("meter", **facts)
            except OSError:
                pass  # a full disk: the run will fail with a proper message
            except Exception:
                log.warning("The meters of this run have stopped.", exc_info=True)
                return
            work = time.thread_time() - work
            age = time.monotonic() - began
            rest = max(min(max(shortest, age / MEASUREMENTS_PER_RUN), longest), _REST_PER_WORK * work)


class _Machine:
    """Processor, memory and disk; keeps the processor time of the previous measurement."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._process = psutil.Process()
        self._previous = time.monotonic(), 0.0
        self.measure()  # later measurements count from here

    def measure(self) -> dict[str, float]:
        """Current values; those of the processor since the previous measurement."""
        facts: dict[str, float] = {}
        with suppress(psutil.Error, OSError):
            seconds, memory = self._usage()
            now = time.monotonic()
            then, seconds_then = self._previous
            facts["run_cpu_percent"] = round(100 * max(0.0, seconds - seconds_then) / max(now - then, 1e-3), 1)
            self._previous = now, seconds
            facts["run_memory_mb"] = memory // _MB
        with suppress(psutil.Error, OSError):
            total_memory = psutil.virtual_memory()
            facts |= {"cpu_percent": psutil.cpu_percent(), "cores": os.cpu_count() or 1}
            facts["memory_used_mb"] = (total_memory.total - total_memory.available) // _MB
            facts["memory_total_mb"] = total_memory.total // _MB
        with suppress(OSError):
            facts["disk_free_mb"] = psutil.disk_usage(str(self._folder)).free // _MB
        return facts

    def _usage(self) -> tuple[float, int]:
        """Processor seconds and resident bytes of this process and its descendants, including ended ones."""
        seconds, memory = 0.0, 0
        for process in [self._process, *self._process.children(recursive=True)]:
            with suppress(psutil.Error), process.oneshot():  # it may have ended just now
                times = process.cpu_times()
                seconds += times.user + times.system + times.children_user + times.children_system
                memory += process.memory_info().rss
        return seconds, memory


@contextmanager
def _card(device: str) -> Iterator[Any]:
    """NVML's handle of the device, or None if there is no such card or NVML cannot open it."""
    if not device.startswith("cuda"):
        yield None
        return
    handle = None
    try:
        pynvml.nvmlInit()
        # By UUID: NVML counts all cards of the machine, torch only those in CUDA_VISIBLE_DEVICES.
        uuid = str(torch.cuda.get_device_properties(device).uuid)
        handle = pynvml.nvmlDeviceGetHandleByUUID(uuid if uuid.startswith(("GPU-", "MIG-")) else f"GPU-{uuid}")
    except (pynvml.NVMLError, RuntimeError, AssertionError, AttributeError) as error:
        log.warning("The graphics card %s has no meters: %s", device, error)
    try:
        yield handle
    finally:
        with suppress(pynvml.NVMLError):
            pynvml.nvmlShutdown()


def _card_facts(card: Any) -> dict[str, float]:
    """Values that NVML can read; slices of a card (MIG), for instance, report memory but no utilisation."""
    if card is None:
        return {}
    facts: dict[str, float] = {}
    with suppress(pynvml.NVMLError):
        facts["gpu_percent"] = pynvml.nvmlDeviceGetUtilizationRates(card).gpu
    with suppress(pynvml.NVMLError):
        memory = pynvml.nvmlDeviceGetMemoryInfo(card)
        facts |= {"gpu_memory_used_mb": memory.used // _MB, "gpu_memory_total_mb": memory.total // _MB}
    with suppress(pynvml.NVMLError):
        facts["gpu_celsius"] = pynvml.nvmlDeviceGetTemperature(card, pynvml.NVML_TEMPERATURE_GPU)
    return facts
