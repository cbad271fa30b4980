"""A few real steps of a training, timed: seconds, memory, and sizes of its files.

One step warms up and three are timed, one validation batch is evaluated, and everything that an epoch writes is written
once and deleted. Of a training with several processes one is measured, on its share of a batch; communication is not.
"""

import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from statistics import median
from typing import Any

import psutil
import torch

from segcore.data import Batch
from segcore.evaluation import evaluate_model
from segcore.job_context import Cancelled, JobContext
from segcore.runs.queue import reserve_device, using
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
"""Number of calls of ``step`` in `try_out`: built, warmed up, each timed step, validated, saved."""


@dataclass(frozen=True)
class Trial:
    """The measurements: times in seconds, sizes in bytes.

    Attributes:
        facts: of the setup: device, precision, parameters, threads … (`segcore.train.process.attempt.describe`).
        build: until the training can begin.
        load: preparing the images of a step in one process; val_load: of one validation batch.
        compute: of each timed step, without loading; val_compute: evaluating a batch.
        val_batches: validation batches of an epoch, per process.
        samples: writing the sample images of an epoch: seconds and bytes.
        save: writing the files at the end of an epoch.
        resume: size of the training state.
        peak: memory, like memory_kind, memory_free and memory_total see `segcore.train.checks.memory.Memory`.
        others_share: share of the CPU, 0 … 1, that other programs used during the timed steps.
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
        """Seconds of a step while ``workers`` processes prepare batches.

        Without workers loading and computing are sequential. With them the slowest of three is the bottleneck:
        computing, loading divided among the workers, and the cores, which do both.
        """
        if workers == 0:
            return compute + load
        threads = min(self.facts["threads"], self.cores) if self.facts["device"] == "cpu" else 1
        return max(compute, load / workers, (compute * threads + load) / self.cores)


def try_out(config: TrainConfig, step: Callable[[], None], folder: Path) -> Trial:
    """Measure a training by running a little of it; ``step`` is called STAGES times, and may raise to cancel.

    Raises:
        SegcoreError: something does not fit.
        OSError: the disk is full.
        torch.OutOfMemoryError, RuntimeError: the device's memory does not suffice.
    """
    began = time.perf_counter()
    with peak_memory(pick_device(config.device)) as memory:
        parts = build(config.share().model_copy(update={"workers": 0}))  # loading is timed separately, in this process
        train_mode(parts)
        built = time.perf_counter() - began
        step()
        steps = _timed_steps(parts, step)
        validation = _timed_validation(parts)
        step()
    files = _timed_files(parts, folder / "trial")
    step()
    return Trial(
        facts=describe(parts) | {"steps_per_epoch": steps_in_epoch(config, len(parts.data.train))},
        build=built,
        **steps,
        **validation | {"val_batches": -(-validation["val_batches"] // config.processes)},
        **files,
        peak=memory.peak,
        memory_kind=memory.kind,
        memory_free=memory.free,
        memory_total=memory.total,
        cores=cores(),
        batch_norm=any(isinstance(module, torch.nn.modules.batchnorm._BatchNorm) for module in parts.net.modules()),
    )


@contextmanager
def reserved_device(config: TrainConfig, job: JobContext, *, done: float, total: float) -> Iterator[None]:
    """Reserve the device of a configuration: beside another training the measurements would include that one.

    The job's progress, ``done`` of ``total``, shows what it waits for, and then that the parts are being built.

    Raises:
        Cancelled: the job was cancelled while it waited.
    """
    device = pick_device(config.device)
    device = "cuda:0" if device == "cuda" else device

    def on_wait() -> None:
        job.progress(done, total, doing="waiting", detail=", ".join(using(device)), steady=False)

    with reserve_device(device, job.folder.name, requested=job.cancelled, on_wait=on_wait) as reserved:
        if not reserved:
            raise Cancelled
        job.progress(done, total, doing="building", steady=False)
        yield


def cores() -> int:
    """Number of cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def endless(parts: Parts) -> Iterator[list[Batch]]:
    """The batches of each step, epoch after epoch."""
    for epoch in count():
        yield from parts.train_batches(epoch)


def _timed_steps(parts: Parts, step: Callable[[], None]) -> dict[str, Any]:
    groups, timed = endless(parts), []
    psutil.cpu_percent()  # starts its measurement
    began, own = time.perf_counter(), time.process_time()
    for index in range(1 + TIMED_STEPS):
        start = time.perf_counter()
        batches = next(groups)
        loaded = time.perf_counter()
        loss = float(train_step(parts, batches, index).loss)  # the conversion waits for the device
        _synchronise(parts)
        timed.append((loaded - start, time.perf_counter() - loaded, loss))
        step()
    own_share = (time.process_time() - own) / (time.perf_counter() - began) / (psutil.cpu_count() or 1)
    others_share = min(max(psutil.cpu_percent() / 100 - own_share, 0.0), 1.0)
    load, compute, losses = zip(*timed[1:], strict=True)  # the first step selects kernels and allocates
    return {"load": median(load), "compute": compute, "losses": losses, "others_share": others_share}


def _timed_validation(parts: Parts) -> dict[str, Any]:
    batches = parts.val_batches()
    began = time.perf_counter()
    batch = next(iter(batches))
    loading = time.perf_counter() - began
    for _ in range(2):  # as with the steps, the first one warms up
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
    return {"val_load": loading, "val_compute": seconds, "val_batches": len(batches)}


def _timed_files(parts: Parts, folder: Path) -> dict[str, Any]:
    """Write everything that an epoch writes, and delete it."""
    try:
        began = time.perf_counter()
        parts.save(folder / "last.safetensors", [], with_hashes=False)
        save_state(folder / "resume.safetensors", parts, epoch=0, step=1 + TIMED_STEPS)
        saved = time.perf_counter() - began
        checkpoint, resume = ((folder / f"{file}.safetensors").stat().st_size for file in ("last", "resume"))
        samples = _timed_samples(parts, folder / "samples")
        return {"save": saved, "checkpoint": checkpoint, "resume": resume, "samples": samples}
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _timed_samples(parts: Parts, folder: Path) -> tuple[float, int]:
    """(seconds, bytes) of the sample images of one epoch."""
    if not parts.config.samples:
        return 0.0, 0
    write_ground_truth(folder, parts)
    write_samples(folder, parts, 0)  # the first call selects kernels for another shape
    before = _bytes_in(folder)
    began = time.perf_counter()
    write_samples(folder, parts, 1)
    return time.perf_counter() - began, _bytes_in(folder) - before


def _bytes_in(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.iterdir())


def _synchronise(parts: Parts) -> None:
    if parts.fabric.device.type == "cuda":
        torch.cuda.synchronize(parts.fabric.device)
