"""Batches depend on (seed, epoch) alone: not on workers, not on where a run was taken up again."""

import logging
import multiprocessing
import os
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import torch
from torch.testing import assert_close

from segcore.data import (
    Augmentation,
    Batch,
    EvalTransform,
    Normalisation,
    Sample,
    SegDataset,
    TrainTransform,
    eval_loader,
    open_dataset,
    train_loader,
)
from segcore.errors import BadImage
from segcore.palette import default_colours
from segcore.types import IGNORE, Colour

# Python 3.12 and later warn of fork in a process with threads, which torch always has; DataLoader forks all the same.
pytestmark = pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")

AUGMENTATION = Augmentation(rotate_degrees=20, tilt=0.1, hue=0.1, noise=0.05, copy_paste=0.5, erase=0.2)
TRANSFORM = TrainTransform(24, AUGMENTATION)


@dataclass
class Sized:
    """Sample i has height 10 + i, width 20 + 2 i and the value i everywhere; some samples are broken."""

    count: int = 5
    broken: tuple[int, ...] = ()
    deadly: bool = False
    name: str = "sized"
    title: str = "Sized"
    classes: tuple[str, ...] = ("background", "cat")
    licence: str = ""
    shippable: bool | None = None
    in_channels: int = 3

    @property
    def colours(self) -> tuple[Colour, ...]:
        return default_colours(self.classes)

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, index: int, /) -> Sample:
        if self.deadly and multiprocessing.parent_process() is not None:
            os._exit(7)  # as the kernel does it to a worker that takes too much memory
        if index in self.broken:
            raise BadImage(f"photo {index} is broken. Copy it again.")
        size = (10 + index, 20 + 2 * index)
        return Sample(np.full((*size, 3), index, np.uint8), np.full(size, index % 2, np.uint8), f"photo{index}")


def assert_same(one: Iterable[Batch], other: Iterable[Batch]) -> None:
    for a, b in zip(one, other, strict=True):
        assert a.names == b.names
        assert_close(a.images, b.images, rtol=0, atol=0)
        assert_close(a.targets, b.targets, rtol=0, atol=0)


def names(batches: Iterable[Batch]) -> list[str]:
    return [name for batch in batches for name in batch.names]


def train(dataset: SegDataset, **changes: int) -> Iterable[Batch]:
    options: dict[str, Any] = {"batch_size": 4, "seed": 1, "epoch": 0, **changes}
    return train_loader(dataset, TRANSFORM, **options)


def test_workers_change_nothing() -> None:
    shapes = open_dataset("shapes:10:32")
    alone = list(train(shapes))
    assert [len(batch.names) for batch in alone] == [4, 4]
    for workers in (1, 2):
        assert_same(alone, train(shapes, workers=workers))
    whole = list(eval_loader(shapes, EvalTransform(), batch_size=4))
    assert_same(whole, eval_loader(shapes, EvalTransform(), batch_size=4, workers=2))


def test_a_loader_gives_the_same_batches_again_and_leaves_torchs_numbers_alone() -> None:
    loader = train(open_dataset("shapes:8:32"))
    torch.manual_seed(0)
    before = torch.get_rng_state()
    first = list(loader)
    assert_same(first, loader)
    assert_close(torch.get_rng_state(), before)


def test_epochs_and_seeds_differ() -> None:
    shapes = open_dataset("shapes:30:32")
    orders = {tuple(names(train(shapes, seed=seed, epoch=epoch))) for seed in (1, 2) for epoch in (0, 1)}
    assert len(orders) == 4
    one = open_dataset("shapes:1:32")
    pictures = {float(next(iter(train(one, epoch=epoch))).images.sum()) for epoch in range(3)}
    assert len(pictures) == 3


def test_an_epoch_shows_every_sample_once() -> None:
    shapes = open_dataset("shapes:10:32")
    kept = train_loader(shapes, TRANSFORM, batch_size=5, seed=0, epoch=0)
    assert len(kept) == 2
    assert sorted(names(kept)) == [f"train-{index:05d}" for index in range(10)]


def test_a_last_small_batch_is_dropped_unless_it_is_the_only_one() -> None:
    assert [len(batch.names) for batch in train(Sized(9))] == [4, 4]
    assert [len(batch.names) for batch in train(Sized(3))] == [3]
    assert len(train_loader(Sized(3), TRANSFORM, batch_size=4, seed=0, epoch=0)) == 1


@pytest.mark.parametrize("ranks", [2, 3])
def test_ranks_share_an_epoch(ranks: int) -> None:
    shapes = open_dataset("shapes:11:32")
    alone = list(train(shapes, batch_size=5))
    shares = [list(train(shapes, batch_size=5, rank=rank, ranks=ranks)) for rank in range(ranks)]
    for whole, *parts in zip(alone, *shares, strict=True):
        assert sorted(whole.names) == sorted(names(parts))
        assert max(len(part.names) for part in parts) - min(len(part.names) for part in parts) <= 1
    assert [len(list(train(Sized(1), rank=rank, ranks=ranks))) for rank in range(ranks)] == [1] * ranks
    seen = [names(eval_loader(shapes, EvalTransform(), batch_size=2, rank=rank, ranks=ranks)) for rank in range(ranks)]
    assert sorted(name for share in seen for name in share) == [f"train-{index:05d}" for index in range(11)]


def test_evaluation_pads_right_and_below() -> None:
    plain = EvalTransform(Normalisation(mean=(0.0,), std=(1 / 255,)))
    first, second, third = eval_loader(Sized(5), plain, batch_size=2, multiple=8)
    assert first.names == ("photo0", "photo1")
    assert first.images.shape == (2, 3, 16, 24)
    assert third.images.shape == (1, 3, 16, 32)
    for row, index in enumerate((2, 3)):
        height, width = 10 + index, 20 + 2 * index
        assert (second.targets[row, :height, :width] == index % 2).all()
        assert (second.targets[row] == IGNORE).sum() == second.targets[row].numel() - height * width
        assert_close(second.images[row, :, :height, :width], torch.full((3, height, width), float(index)))
        assert (second.images[row, :, height:] == 0).all()


@pytest.mark.parametrize("workers", [0, 1])
def test_a_broken_file_is_told_as_a_sentence(workers: int) -> None:
    loader = eval_loader(Sized(4, broken=(2,)), EvalTransform(), workers=workers)
    seen: list[Batch] = []
    with pytest.raises(BadImage, match=r"^photo 2 is broken. Copy it again.$"):
        seen.extend(iter(loader))
    assert names(seen) == ["photo0", "photo1"]
    with pytest.raises(BadImage, match=r"^photo 2"):
        list(train(Sized(4, broken=(2,)), workers=workers))


def test_training_goes_on_when_its_workers_die(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        survived = list(eval_loader(Sized(3, deadly=True), EvalTransform(), workers=1))
    assert_same(survived, eval_loader(Sized(3), EvalTransform()))
    assert "Continuing without them" in caplog.text


def test_a_batch_needs_a_size() -> None:
    with pytest.raises(ValueError, match="batch_size must be at least 1"):
        train_loader(Sized(3), TRANSFORM, batch_size=0, seed=0, epoch=0)
