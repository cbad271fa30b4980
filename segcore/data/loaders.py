"""Batches whose order depends only on (seed, epoch), and whose samples depend only on (seed, epoch, index).

Batches have no state, so a run that resumes in epoch 7, or has another number of worker processes, gets the same ones.
This is also how a loader whose worker processes died continues without them at the batch it had reached.
"""

import logging
import multiprocessing
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from segcore.data.base import SegDataset
from segcore.data.transforms import EvalTransform, TrainTransform
from segcore.errors import SegcoreError
from segcore.types import IGNORE

log = logging.getLogger(__name__)


class Batch(NamedTuple):
    """One batch: images (N, C, H, W) float32, normalised; targets (N, H, W) int64, class ids or IGNORE; N names.

    Targets of a classifier are (N, 1, 1), one label per image.
    """

    images: Tensor
    targets: Tensor
    names: tuple[str, ...]


def train_loader(
    dataset: SegDataset,
    transform: TrainTransform,
    *,
    batch_size: int,
    seed: int,
    epoch: int,
    workers: int = 0,
    rank: int = 0,
    ranks: int = 1,
    one_label: bool = False,
) -> "Batches":
    """Shuffled, augmented batches of one epoch; copy-paste takes its objects from the dataset.

    A last batch that is not full is left out, unless it is the only one: batch normalisation is poor on few samples.

    Args:
        dataset: to train on.
        transform: sample → tensors of one size.
        batch_size: samples per batch, over all ranks.
        seed: of the run.
        epoch: counted from 0; every epoch has its own order and augmentations.
        workers: processes that prepare batches; 0 prepares them in this process.
        rank: of this process, 0 … ranks-1.
        ranks: processes that share every batch, at most ``batch_size``; together they get the batches of one process.
            In a batch with fewer samples than ranks some samples occur twice, so that no rank waits forever.
        one_label: one label per image instead of one per pixel, for a classifier.
    """
    if not 1 <= ranks <= batch_size:
        raise ValueError(f"batch_size must be at least 1 for each of the {ranks} ranks, got {batch_size}")
    order = np.random.default_rng((seed, epoch)).permutation(len(dataset))
    if len(order) > batch_size:
        order = order[: len(order) // batch_size * batch_size]
    shares = (np.resize(batch, max(len(batch), ranks))[rank::ranks] for batch in _chunks(order, batch_size))
    samples = _Samples(dataset, transform, (seed, epoch))
    return Batches(samples, tuple(tuple(share.tolist()) for share in shares), workers, one_label=one_label)


def eval_loader(
    dataset: SegDataset,
    transform: EvalTransform,
    *,
    batch_size: int = 1,
    workers: int = 0,
    multiple: int = 32,
    rank: int = 0,
    ranks: int = 1,
    one_label: bool = False,
) -> "Batches":
    """Every sample once, in order, whole.

    Images of different sizes are padded at the right and at the bottom to the largest of the batch, rounded up to a
    ``multiple``: with zeros (the mean colour), and targets with IGNORE. With several ranks, rank r gets the samples r,
    r + ranks, r + 2 ranks …, so that each sample is counted once. ``batch_size`` is that of this rank; ``one_label`` as
    for `train_loader`.
    """
    if batch_size < 1:
        raise ValueError(f"batch_size must be at least 1, got {batch_size}")
    mine = np.arange(len(dataset))[rank::ranks]
    plan = tuple(tuple(chunk.tolist()) for chunk in _chunks(mine, batch_size))
    return Batches(_Samples(dataset, transform), plan, workers, multiple, one_label)


def _chunks(indices: np.ndarray, size: int) -> list[np.ndarray]:
    return [indices[start : start + size] for start in range(0, len(indices), size)]


_Prepared = tuple[Tensor, Tensor, str]
"""Image, target and name of a sample."""


@dataclass(frozen=True)
class _Samples(Dataset[Any]):
    """The samples of a dataset as tensors, or the error of a sample; ``seed`` is that of the training transform."""

    dataset: SegDataset
    transform: TrainTransform | EvalTransform
    seed: tuple[int, ...] = ()

    def __getitem__(self, index: int) -> _Prepared | SegcoreError:
        try:
            sample = self.dataset[index]
            if isinstance(self.transform, TrainTransform):
                return *self.transform(sample, (*self.seed, index), donors=self.dataset), sample.name
            return *self.transform(sample), sample.name
        except SegcoreError as error:  # returned, because DataLoader would wrap it in a worker's traceback
            return error


@dataclass(frozen=True)
class Batches:
    """The batches of one epoch; iterating again gives the same batches.

    ``plan`` has the indices of every batch into ``samples``; sizes are padded up to a multiple of ``multiple``; with
    ``one_label`` targets are (N, 1, 1).
    """

    samples: Dataset[Any]
    plan: tuple[tuple[int, ...], ...]
    workers: int = 0
    multiple: int = 1
    one_label: bool = False

    def __len__(self) -> int:
        return len(self.plan)

    def __iter__(self) -> Iterator[Batch]:
        done = 0
        try:
            for batch in self._load():
                if isinstance(batch, SegcoreError):
                    raise batch
                yield batch
                done += 1
        except (RuntimeError, OSError) as error:
            if self.workers == 0 or not _workers_failed(error):
                raise
            log.warning(
                "The %d loader processes stopped (%s). Continuing without them, more slowly; give the machine more "
                "shared memory or set workers to 0.",
                self.workers,
                str(error).splitlines()[0],
                extra={"cause": "loader"},
            )
            yield from replace(self, plan=self.plan[done:], workers=0)

    def _load(self) -> Iterator[Batch | SegcoreError]:
        # Fork shares the memory of the dataset and starts at once; elsewhere the platform's default is safer.
        fork = multiprocessing.get_context("fork") if self.workers and sys.platform == "linux" else None
        loader: DataLoader[Batch | SegcoreError] = DataLoader(
            self.samples,
            batch_sampler=self.plan,  # type: ignore[arg-type]  # any iterable of index lists is accepted
            num_workers=self.workers,
            collate_fn=self._stacked,
            worker_init_fn=_one_thread,
            multiprocessing_context=fork,
            generator=torch.Generator(),  # its own, so that loading does not change the random numbers of dropout
        )
        with _kept_child_handler():
            return iter(loader)

    def _stacked(self, samples: list[_Prepared | SegcoreError]) -> Batch | SegcoreError:
        """Samples padded at the right and at the bottom to one size, or the first error."""
        errors = [sample for sample in samples if isinstance(sample, SegcoreError)]
        if errors:
            return errors[0]
        prepared = [sample for sample in samples if not isinstance(sample, SegcoreError)]
        height, width = (self._padded(max(target.shape[axis] for _, target, _ in prepared)) for axis in (0, 1))

        def pad(tensor: Tensor, value: int) -> Tensor:
            return F.pad(tensor, (0, width - tensor.shape[-1], 0, height - tensor.shape[-2]), value=value)

        images = torch.stack([pad(image, 0) for image, _, _ in prepared])
        targets = torch.stack([pad(target, IGNORE) for _, target, _ in prepared])
        if self.one_label:  # all pixels have the class of the image or IGNORE, which is larger
            targets = targets.amin(dim=(1, 2), keepdim=True)
        return Batch(images, targets, tuple(name for _, _, name in prepared))

    def _padded(self, side: int) -> int:
        return -(-side // self.multiple) * self.multiple


def _workers_failed(error: Exception) -> bool:
    """Whether a worker died or failed to start; an error that a worker raised starts with "Caught …" instead."""
    text = str(error)
    return "DataLoader worker (pid" in text or (isinstance(error, OSError) and not text.startswith("Caught "))


@contextmanager
def _kept_child_handler() -> Iterator[None]:
    """Undo torch's handler for the death of child processes, which would raise anywhere in the main thread.

    Without it the error is raised where the next batch is read, and handled there.
    """
    if not hasattr(signal, "SIGCHLD") or threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.getsignal(signal.SIGCHLD)
    try:
        yield
    finally:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL if before is None else before)


def _one_thread(_: int) -> None:
    """Make a worker process compute on one thread."""
    cv2.setNumThreads(0)
    torch.set_num_threads(1)
