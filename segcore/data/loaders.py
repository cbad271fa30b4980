"""Batches whose order depends only on (seed, epoch), and whose samples depend only on (seed, epoch, index).

Batches have no state, so a run that resumes in epoch 7, or has another number of worker processes, gets the same ones.
This is also how a loader whose worker processes died continues without them at the batch it had reached.
"""

import logging
import multiprocessing
import sys
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import groupby
from typing import Any, NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from segcore.data.base import SegDataset
from segcore.data.loader_workers import (
    AMPLE,
    PREFETCH,
    WorkersStalled,
    bytes_in_flight,
    shared_memory_room,
    use_one_thread,
    wait_for_each,
    workers_failed,
)
from segcore.data.transforms import EvalTransform, TrainTransform
from segcore.errors import Message, SegcoreError
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
    accumulate: int = 1,
    one_label: bool = False,
) -> "Batches":
    """Shuffled, augmented batches of one epoch; copy-paste takes its objects from the dataset.

    A last group of ``accumulate`` batches that is not full is left out, unless it is the only one: batch normalisation
    is poor on few samples. A group thus has the samples of one batch of ``accumulate * batch_size``. An only group is
    divided evenly, so that no batch has a single sample beside full ones.

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
        accumulate: batches of an optimiser step.
        one_label: one label per image instead of one per pixel, for a classifier.
    """
    if not 1 <= ranks <= batch_size:
        raise ValueError(f"batch_size must be at least 1 for each of the {ranks} ranks, got {batch_size}")
    order = np.random.default_rng((seed, epoch)).permutation(len(dataset))
    group = batch_size * accumulate
    if len(order) > group:
        order = order[: len(order) // group * group]
    batches = np.array_split(order, max(1, -(-len(order) // batch_size)))
    shares = (np.resize(batch, max(len(batch), ranks))[rank::ranks] for batch in batches)
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

    Images are padded at the right and at the bottom up to a ``multiple``: with zeros (the mean colour), and targets
    with IGNORE. Neighbours of different padded sizes come in different batches, smaller than ``batch_size``: no image
    is padded to the size of another. With several ranks, rank r gets the samples r, r + ranks, r + 2 ranks …, so that
    each sample is counted once. ``batch_size`` is that of this rank; ``one_label`` as for `train_loader`.
    """
    if batch_size < 1:
        raise ValueError(f"batch_size must be at least 1, got {batch_size}")
    mine = np.arange(len(dataset))[rank::ranks]
    plan = tuple(tuple(mine[start : start + batch_size].tolist()) for start in range(0, len(mine), batch_size))
    return Batches(_Samples(dataset, transform), plan, workers, multiple, one_label)


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


def _never() -> bool:
    return False


@dataclass(frozen=True)
class Batches:
    """The batches of one epoch; iterating again gives the same batches.

    ``plan`` has the indices of every batch into ``samples``; sizes are padded up to a multiple of ``multiple``; with
    ``one_label`` targets are (N, 1, 1). ``should_stop`` is checked while waiting for loader processes.
    """

    samples: _Samples
    plan: tuple[tuple[int, ...], ...]
    workers: int = 0
    multiple: int = 1
    one_label: bool = False
    should_stop: Callable[[], bool] = _never

    def __len__(self) -> int:
        return len(self.plan)

    def __iter__(self) -> Iterator[Batch]:
        done = 0
        try:
            with closing(self._load()) as loaded:  # at once, also if an error keeps this frame alive
                for batches in loaded:
                    if isinstance(batches, SegcoreError):
                        raise batches
                    for images, targets, names in batches:  # arrays, where they came through a pipe
                        yield Batch(torch.as_tensor(images), torch.as_tensor(targets), names)
                    done += 1
        except (RuntimeError, OSError) as error:
            if self.workers == 0 or not workers_failed(error):
                raise
            reason = Message(
                "The {workers} loader processes stopped ({error}). Continuing without them, more slowly; give the "
                "machine more shared memory or set workers to 0.",
                workers=self.workers,
                error=error.reason if isinstance(error, WorkersStalled) else str(error).splitlines()[0],
            )
            log.warning(reason, extra={"cause": "loader"})
            yield from replace(self, plan=self.plan[done:], workers=0)

    def _load(self) -> Generator["list[Batch] | SegcoreError", None, None]:
        # Fork shares the memory of the dataset and starts at once; elsewhere the platform's default is safer.
        fork = multiprocessing.get_context("fork") if self.workers and sys.platform == "linux" else None
        loader: DataLoader[list[Batch] | SegcoreError] = DataLoader(
            self.samples,
            batch_sampler=self.plan,  # type: ignore[arg-type]  # any iterable of index lists is accepted
            num_workers=self.workers,
            collate_fn=_Stacking(self.multiple, self.one_label, is_piped=self._needs_pipes()),
            worker_init_fn=use_one_thread,
            multiprocessing_context=fork,
            prefetch_factor=PREFETCH if self.workers else None,
            generator=torch.Generator(),  # its own, so that loading does not change the random numbers of dropout
        )
        if self.workers == 0:
            yield from loader
        else:
            yield from wait_for_each(loader, self.should_stop, self._batch_bytes)

    def _needs_pipes(self) -> bool:
        """Whether shared memory lacks room for what the loader processes prepare."""
        room = shared_memory_room() if self.workers and self.plan else None
        if room is None or room >= AMPLE or bytes_in_flight(self._batch_bytes(), self.workers) <= room:
            return False
        _report_no_room(self.workers)
        return True

    def _batch_bytes(self) -> int:
        """Size of the largest batch, estimated from its first sample."""
        most = max(map(len, self.plan))
        transform = self.samples.transform
        if isinstance(transform, TrainTransform):
            height, width = (transform.size,) * 2 if isinstance(transform.size, int) else transform.size
            return most * height * width * (4 * len(transform.normalisation.mean) + 8)
        first = self.samples[self.plan[0][0]]
        if isinstance(first, SegcoreError):
            return 0
        return 2 * most * (first[0].nbytes + first[1].nbytes)  # others may be larger


@lru_cache(maxsize=1)
def _report_no_room(workers: int) -> None:
    """Warn once, not in every epoch."""
    reason = Message(
        "Shared memory (/dev/shm) has no room for what {workers} loader processes prepare, so they pass batches "
        "through pipes, which is slower. In a container, give it more: docker run --shm-size=2g.",
        workers=workers,
    )
    log.warning(reason, extra={"cause": "loader"})


@dataclass(frozen=True)
class _Stacking:
    """Makes batches of samples; ``is_piped``: of arrays, which travel through a pipe and not through shared memory."""

    multiple: int
    one_label: bool
    is_piped: bool

    def __call__(self, samples: "list[_Prepared | SegcoreError]") -> list[Batch] | SegcoreError:
        """One batch for each group of neighbours of the same padded size, or the first error.

        Padding a small image to the size of a large one would change the network's output near its border, so that a
        score would depend on which images share a batch.
        """
        prepared: list[_Prepared] = []
        for sample in samples:
            if isinstance(sample, SegcoreError):
                return sample
            prepared.append(sample)
        return [self._stacked(size, list(alike)) for size, alike in groupby(prepared, self._padded_size)]

    def _stacked(self, size: tuple[int, int], samples: list[_Prepared]) -> Batch:
        """Samples padded at the right and at the bottom."""
        height, width = size

        def pad(tensor: Tensor, value: int) -> Tensor:
            return F.pad(tensor, (0, width - tensor.shape[-1], 0, height - tensor.shape[-2]), value=value)

        images = torch.stack([pad(image, 0) for image, _, _ in samples])
        targets = torch.stack([pad(target, IGNORE) for _, target, _ in samples])
        if self.one_label:  # all pixels have the class of the image or IGNORE, which is larger
            targets = targets.amin(dim=(1, 2), keepdim=True)
        names = tuple(name for _, _, name in samples)
        if self.is_piped:
            return Batch(images.numpy(), targets.numpy(), names)  # type: ignore[arg-type]  # tensors again on arrival
        return Batch(images, targets, names)

    def _padded_size(self, sample: _Prepared) -> tuple[int, int]:
        height, width = (-(-side // self.multiple) * self.multiple for side in sample[1].shape)
        return height, width
