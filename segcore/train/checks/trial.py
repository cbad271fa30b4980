"""A few real steps of a training: how long they take, how much memory they need, how large its files are.

Nothing is estimated that can be measured in seconds: the very model, batch, size, loss, optimiser and arithmetic take
three steps after one to warm up, one validation batch is judged, and everything that an epoch writes is written once
and deleted again. Only how loading overlaps with computing is a formula, see `Trial.step_seconds`. Of a training of
several processes one is tried, on its share of a batch; what they exchange is not measured.
"""

import os
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from itertools import count
from pathlib import Path
from statistics import median
from typing import Any

import psutil
import torch

from segcore.data import Batch
from segcore.evaluation import evaluate_model
from segcore.train.checks.memory import MemoryKind, peak_memory
from segcore.train.compute_mode import pick_device
from segcore.train.config import TrainConfig
from segcore.train.loop import train_mode
from segcore.train.parts import Parts, build, steps_in_epoch
from segcore.train.process.attempt import describe
from segcore.train.process.epoch_samples import write_ground_truth, write_samples
from segcore.train.process.resume import save_state
from segcore.train.step import train_step

TIMED_STEPS = 3
STAGES = TIMED_STEPS + 4
"""How often `step` is called by `try_out`: built, warmed up, each step, validated, saved."""


@dataclass(frozen=True)
class Trial:
    """What was measured. Times are seconds, sizes are bytes.

    Attributes:
        facts: of the setup: device, precision, parameters, threads … (see `segcore.train.process.attempt.describe`).
        build: until the training could begin.
        load: to prepare one step's images in one process.
        compute: of each timed step, loading left out.
        val_load: to prepare one validation batch.
        val_compute: to judge it.
        val_batches: of an epoch, for each process.
        samples: to write the watched samples of an epoch, and their bytes.
        save: to write what an epoch's end writes.
        checkpoint: size of the weights' file.
        resume: size of the file to go on from.
        peak: most memory in use at once.
        memory_kind: what ``peak`` is: the tensors on the card (cuda, mps), or how far the process's resident
            memory grew (resident).
        memory_free: on the device before the trial.
        memory_total: of the device.
        losses: of the timed steps.
        cores: that this process may use.
        batch_norm: whether the network has batch normalisation.
        others_share: of the processor, 0 … 1, that other programs used while the steps were timed.
    """

    facts: dict[str, Any]
    build: float
    load: float
    compute: tuple[float, ...]
    val_load: float
    val_compute: float
    val_batches: int
    samples: tuple[float, int]
    save: float
    checkpoint: int
    resume: int
    peak: int
    memory_kind: MemoryKind
    memory_free: int
    memory_total: int
    losses: tuple[float, ...]
    cores: int
    batch_norm: bool
    others_share: float

    def step_seconds(self, compute: float, load: float, workers: int) -> float:
        """How long a step takes when ``workers`` processes prepare batches beside it.

        Without workers loading and computing come one after the other. With them the slowest of three holds everybody
        up: computing, loading divided among the workers, and the cores, which have to do both.
        """
        if workers == 0:
            return compute + load
        threads = min(self.facts["threads"], self.cores) if self.facts["device"] == "cpu" else 1
        return max(compute, load / workers, (compute * threads + load) / self.cores)

    def to_json(self) -> dict[str, Any]:
        """Plain values for a report."""
        return asdict(self)


def try_out(config: TrainConfig, step: Callable[[], bool], folder: Path) -> Trial | None:
    """Measure a training by doing a little of it.

    Args:
        config: of the training.
        step: called STAGES times; True gives up.
        folder: for files, which are deleted again.

    Returns:
        The measurements, or None when it was given up.

    Raises:
        SegcoreError: something does not fit.
        OSError: the disk is full.
        torch.OutOfMemoryError, RuntimeError: the device's memory does not suffice.
    """
    began = time.perf_counter()
    with peak_memory(pick_device(config.device)) as memory:
        parts = build(config.share().model_copy(update={"workers": 0}))  # loading is timed in this process, by itself
        train_mode(parts)
        built = time.perf_counter() - began
        if step():
            return None
        steps, others = [], _Others()
        groups = endless(parts)
        for index in range(1 + TIMED_STEPS):
            steps.append(_timed_step(parts, groups, index))
            if step():
                return None
        others_share = others.share()
        val_load, val_compute, val_batches = _timed_validation(parts)
        if step():
            return None
    load, compute, losses = zip(*steps[1:], strict=True)  # the first one chooses kernels and allocates
    scratch = folder / "trial"
    try:
        began = time.perf_counter()
        parts.save(scratch / "last.safetensors", [])
        save_state(scratch / "resume.safetensors", parts, epoch=0, step=len(steps))
        saved = time.perf_counter() - began
        sizes = [(scratch / f"{name}.safetensors").stat().st_size for name in ("last", "resume")]
        samples = _timed_samples(parts, scratch / "samples")
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    if step():
        return None
    return Trial(
        facts=describe(parts) | {"steps_per_epoch": steps_in_epoch(config, len(parts.data.train))},
        build=built,
        load=median(load),
        compute=compute,
        val_load=val_load,
        val_compute=val_compute,
        val_batches=-(-val_batches // config.processes),
        samples=samples,
        save=saved,
        checkpoint=sizes[0],
        resume=sizes[1],
        peak=memory.peak,
        memory_kind=memory.kind,
        memory_free=memory.free,
        memory_total=memory.total,
        losses=losses,
        cores=cores(),
        batch_norm=any(isinstance(module, torch.nn.modules.batchnorm._BatchNorm) for module in parts.net.modules()),
        others_share=others_share,
    )


def cores() -> int:
    """How many processor cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def endless(parts: Parts) -> Iterator[list[Batch]]:
    """Groups of batches, epoch after epoch."""
    for epoch in count():
        yield from parts.train_batches(epoch)


def _timed_step(parts: Parts, groups: Iterator[list[Batch]], index: int) -> tuple[float, float, float]:
    """(seconds to load, seconds to compute, loss) of one optimisation step."""
    began = time.perf_counter()
    batches = next(groups)
    loading = time.perf_counter() - began
    began = time.perf_counter()
    loss = float(train_step(parts, batches, index).loss)  # a number: waits for the device
    _wait_for(parts)
    return loading, time.perf_counter() - began, loss


def _timed_validation(parts: Parts) -> tuple[float, float, int]:
    """(seconds to load, seconds to judge) of one validation batch, and how many there are."""
    batches = parts.val_batches()
    began = time.perf_counter()
    batch = next(iter(batches))
    loading = time.perf_counter() - began
    for _ in range(2):  # as in a step, the first one prepares
        began = time.perf_counter()
        evaluate_model(
            parts.evaluated_model(),
            [batch],
            parts.classes,
            device=parts.fabric.device,
            loss=parts.loss,
            autocast=parts.fabric.autocast,
        )
        seconds = time.perf_counter() - began
    train_mode(parts)
    return loading, seconds, len(batches)


def _timed_samples(parts: Parts, folder: Path) -> tuple[float, int]:
    """Seconds and bytes of the watched samples of one epoch."""
    if not parts.config.samples:
        return 0.0, 0
    write_ground_truth(folder, parts)
    write_samples(folder, parts, 0)  # the first one chooses kernels for another shape
    before = _bytes_in(folder)
    began = time.perf_counter()
    write_samples(folder, parts, 1)
    return time.perf_counter() - began, _bytes_in(folder) - before


def _bytes_in(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.iterdir())


def _wait_for(parts: Parts) -> None:
    if parts.fabric.device.type == "cuda":
        torch.cuda.synchronize(parts.fabric.device)


class _Others:
    """How busy other programs keep the processor, from the making of this object on."""

    def __init__(self) -> None:
        self._began = self._seconds()

    def share(self) -> float:
        """0 … 1 of all cores."""
        (busy, whole), (busy_before, whole_before) = self._seconds(), self._began
        return min(max((busy - busy_before) / max(whole - whole_before, 1e-3), 0.0), 1.0)

    @staticmethod
    def _seconds() -> tuple[float, float]:
        """(busy with others, all) processor seconds of the machine since it started."""
        machine, own = psutil.cpu_times(), psutil.Process().cpu_times()
        waiting = machine.idle + getattr(machine, "iowait", 0.0)
        return sum(machine) - waiting - own.user - own.system, sum(machine)
