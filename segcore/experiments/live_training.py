"""Live training: a small network trained on synthetic images for a fixed number of steps, measured on the way.

This is not how the Train page trains (`segcore.train`): no files, no epochs, no resuming; a loop that is read at a
glance and short enough to wait for. It shows trends; one run proves nothing. Lessons run it in jobs, in one thread, so
that the dashboard stays responsive.
"""

import math
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from segcore.data import SegDataset
from segcore.job_context import JobContext
from segcore.losses import Loss
from segcore.metrics import confusion

Batch = tuple[Tensor, Tensor]
"""Images (N, C, H, W) float32 around 0, and their target (N, H, W) int64."""


@dataclass(frozen=True)
class Course:
    """The record of a training."""

    losses: list[float]  # of the batch, before each step; ends before the first non-finite one
    rows: list[dict[str, float]]  # {"step": number of steps, … measurements}

    def columns(self) -> dict[str, list[float]]:
        """The rows as lists of one length, by name."""
        return {name: [row[name] for row in self.rows] for name in self.rows[0]}


def train_live(
    model: nn.Module,
    batch: Callable[[int], Batch],
    loss: Loss,
    optimiser: torch.optim.Optimizer,
    *,
    steps: int,
    measure: Callable[[nn.Module], dict[str, float]] | None = None,
    every: int = 10,
    l1: float = 0.0,
    before_step: Callable[[int], None] | None = None,
) -> Course:
    """Train for ``steps`` steps on ``batch(step)``; a non-finite loss ends the training sooner.

    ``measure`` measures the model before the first step, then after every ``every`` steps, and after the last one, in
    evaluation mode without gradients. ``l1`` is the coefficient of the L1 penalty on the kernels.
    """
    course = Course([], [])

    def measure_after(done: int) -> None:
        if measure is not None:
            model.eval()
            with torch.inference_mode():
                course.rows.append({"step": done, **measure(model)})

    for step in range(steps):
        if before_step is not None:
            before_step(step)
        if step % every == 0:
            measure_after(step)
        model.train()
        images, target = batch(step)
        value = loss(model(images).logits, target)
        if l1:
            value = value + l1 * sum(p.abs().sum() for p in model.parameters() if p.ndim > 1)
        if not math.isfinite(float(value.detach())):
            break
        course.losses.append(float(value.detach()))
        optimiser.zero_grad()
        value.backward()
        optimiser.step()
    measure_after(len(course.losses))
    return course


@contextmanager
def one_thread() -> Iterator[None]:
    """Compute in a single thread, for reproducible sums; afterwards the number of threads is restored."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def step_reporter(job: JobContext, *, steps: int, nth: int = 0, trainings: int = 1) -> Callable[[int], None]:
    """A ``before_step`` for `train_live` that reports the step of training ``nth`` (from 0) of ``trainings``."""

    def report(step: int) -> None:
        detail = f"{nth + 1} / {trainings}" if trainings > 1 else f"{step} / {steps}"
        job.progress(nth * steps + step, trainings * steps, doing="training", detail=detail)

    return report


def counts_of(model: nn.Module, data: Batch, num_classes: int) -> np.ndarray:
    """(K, K) int64: the confusion matrix over all images, rows ground truth, columns prediction."""
    images, target = data
    labels = torch.cat([model(part).logits.argmax(1) for part in images.split(32)])
    return confusion(labels.numpy().astype(np.uint8), target.numpy().astype(np.uint8), num_classes)


def as_batch(dataset: SegDataset, indices: Iterable[int]) -> Batch:
    """Some images of a dataset as a batch; all must have one size."""
    samples = [dataset[index] for index in indices]
    images = np.stack([sample.image for sample in samples]).astype(np.float32) / 127.5 - 1
    target = np.stack([sample.labels for sample in samples]).astype(np.int64)
    return torch.from_numpy(images).permute(0, 3, 1, 2).contiguous(), torch.from_numpy(target)


def shuffled_batches(data: Batch, size: int, seed: int) -> Callable[[int], Batch]:
    """Batches of ``size`` images sampled with replacement, determined by seed and step."""

    def batch(step: int) -> Batch:
        chosen = np.random.default_rng((seed, step)).integers(len(data[0]), size=size)
        return data[0][chosen], data[1][chosen]

    return batch
