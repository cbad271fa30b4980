"""Live training: a small network on drawn pictures for a fixed number of steps, measured on the way.

This is not how the Train page trains (`segcore.train`): no files, no epochs, no resuming; a loop that a learner can
read at a glance, small enough to finish while somebody waits. It shows trends, and one run of it proves nothing.
Lessons call it from short jobs (`segcore.jobs`), one thread each, so that the dashboard stays quick.
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

Pictures = tuple[Tensor, Tensor]
"""Images (N, 3, H, W) float32 around 0, and their target (N, H, W) int64."""


@dataclass(frozen=True)
class Course:
    """How a training went.

    Attributes:
        losses: of the batch, before each step; ends early where one is not finite.
        rows: {"step": steps taken so far, …what was measured then}.
    """

    losses: list[float]
    rows: list[dict[str, float]]


def train_live(
    model: nn.Module,
    batch: Callable[[int], Pictures],
    loss: Loss,
    optimiser: torch.optim.Optimizer,
    *,
    steps: int,
    measure: Callable[[nn.Module], dict[str, float]] | None = None,
    every: int = 10,
    l1: float = 0.0,
    before_step: Callable[[int], None] | None = None,
) -> Course:
    """Take ``steps`` steps of the optimiser.

    Args:
        model: gives a `SegOutput`.
        batch: step → images and target.
        loss: of logits and target.
        optimiser: of the model's parameters.
        steps: how many; the last batch before a loss that is not finite ends it sooner.
        measure: numbers of the model, in evaluation mode and without gradients.
        every: steps between two measurements; one is made before the first step and one after the last.
        l1: weight of the sum of absolute weights (kernels only) that is added to the loss.
        before_step: called with the number of each step.
    """
    course = Course([], [])
    for step in range(steps):
        if before_step is not None:
            before_step(step)
        if measure is not None and step % every == 0:
            course.rows.append({"step": step, **measured(model, measure)})
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
    if measure is not None:
        course.rows.append({"step": len(course.losses), **measured(model, measure)})
    return course


@contextmanager
def one_thread() -> Iterator[None]:
    """Compute in a single thread, and afterwards in as many as before: sums of another order are other sums."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def step_reporter(job: JobContext, *, steps: int, nth: int = 0, trainings: int = 1) -> Callable[[int], None]:
    """A ``before_step`` for `train_live` in a job of one or several trainings: reports the step.

    Args:
        job: takes the progress.
        steps: of each training.
        nth: which training this is, from 0.
        trainings: number of trainings.
    """

    def report(step: int) -> None:
        detail = f"{nth + 1} / {trainings}" if trainings > 1 else f"{step} / {steps}"
        job.progress(nth * steps + step, trainings * steps, doing="training", detail=detail)

    return report


def measured(model: nn.Module, measure: Callable[[nn.Module], dict[str, float]]) -> dict[str, float]:
    """What ``measure`` says of the model in evaluation mode, without gradients."""
    model.eval()
    with torch.inference_mode():
        return measure(model)


def counts_of(model: nn.Module, pictures: Pictures, num_classes: int) -> np.ndarray:
    """(K, K) int64: the confusion matrix over all pictures, rows the truth, columns the prediction."""
    images, target = pictures
    labels = torch.cat([model(part).logits.argmax(1) for part in images.split(32)])
    return confusion(labels.numpy().astype(np.uint8), target.numpy().astype(np.uint8), num_classes)


def drawn(dataset: SegDataset, indices: Iterable[int]) -> Pictures:
    """Some pictures of a dataset whose pictures are all of one size, as a batch."""
    samples = [dataset[index] for index in indices]
    images = np.stack([sample.image for sample in samples]).astype(np.float32) / 127.5 - 1
    target = np.stack([sample.labels for sample in samples]).astype(np.int64)
    return torch.from_numpy(images).permute(0, 3, 1, 2).contiguous(), torch.from_numpy(target)


def shuffled_batches(pictures: Pictures, size: int, seed: int) -> Callable[[int], Pictures]:
    """Batches of ``size`` pictures drawn with replacement; the same step of the same seed draws the same."""

    def batch(step: int) -> Pictures:
        chosen = np.random.default_rng((seed, step)).integers(len(pictures[0]), size=size)
        return pictures[0][chosen], pictures[1][chosen]

    return batch
