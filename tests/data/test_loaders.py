"""Batches depend on (seed, epoch) alone: not on workers, not on where a run was taken up again."""

import logging
import multiprocessing
import os
import signal
import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
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
    WaitingStopped,
    eval_loader,
    loader_workers,
    loaders,
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
    stalled: bool = False
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
        if self.stalled and multiprocessing.parent_process() is not None:
            signal.pause()
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
    first, second, third, fourth = eval_loader(Sized(5), plain, batch_size=2, multiple=8)
    assert first.names == ("photo0", "photo1")
    assert first.images.shape == (2, 3, 16, 24)
    assert (second.names, third.names, fourth.names) == (("photo2",), ("photo3",), ("photo4",))
    assert (second.images.shape, third.images.shape) == ((1, 3, 16, 24), (1, 3, 16, 32))
    for index, batch in ((2, second), (3, third)):
        height, width = 10 + index, 20 + 2 * index
        assert (batch.targets[0, :height, :width] == index % 2).all()
        assert (batch.targets[0] == IGNORE).sum() == batch.targets[0].numel() - height * width
        assert_close(batch.images[0, :, :height, :width], torch.full((3, height, width), float(index)))
        assert (batch.images[0, :, height:] == 0).all()


def test_no_image_is_padded_for_another() -> None:
    """So a network gives an image the same output whatever shares its batch; the order stays that of the dataset."""
    together = list(eval_loader(Sized(30), EvalTransform(), batch_size=8))
    alone = {batch.names[0]: batch for batch in eval_loader(Sized(30), EvalTransform())}
    assert names(together) == list(alone)
    assert max(len(batch.names) for batch in together) > 1
    for batch in together:
        for row, name in enumerate(batch.names):
            assert_close(batch.images[row], alone[name].images[0], rtol=0, atol=0)
            assert_close(batch.targets[row], alone[name].targets[0], rtol=0, atol=0)


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


@pytest.mark.parametrize("room", [0, 100_000])
def test_batches_go_through_pipes_where_shared_memory_is_short(
    room: int, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """As in a container with its 64 MB; two epochs warn once."""
    monkeypatch.setattr(loaders, "shared_memory_room", lambda: room)
    loaders._report_no_room.cache_clear()
    monkeypatch.setattr(torch.UntypedStorage, "_share_fd_cpu_", no_shared_memory)
    shapes = open_dataset("shapes:10:64")
    with caplog.at_level(logging.WARNING):
        for _ in range(2):
            assert_same(train(shapes), train(shapes, workers=2))
        assert_same(eval_loader(shapes, EvalTransform()), eval_loader(shapes, EvalTransform(), workers=2))
    assert len(caplog.messages) == 1 and "--shm-size" in caplog.messages[0]


def no_shared_memory(*_: object) -> None:
    raise RuntimeError("unable to allocate shared memory(shm) for file </torch_1>: No space left on device (28)")


def test_a_batch_that_shared_memory_cannot_take_is_not_waited_for_for_ever(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Its loader process lives on: torch raises in a background thread there. Another program may fill the room."""
    monkeypatch.setattr(loader_workers, "shared_memory_room", lambda: 1000)
    monkeypatch.setattr(loader_workers, "SHORT_OF_MEMORY_SECONDS", 1.0)
    monkeypatch.setattr(torch.UntypedStorage, "_share_fd_cpu_", no_shared_memory)
    began = time.monotonic()
    with caplog.at_level(logging.WARNING):
        assert_same(train(Sized(9)), train(Sized(9), workers=2))
    assert time.monotonic() - began < 15
    assert "shared memory is full" in caplog.text and "Continuing without them" in caplog.text


def test_a_stalled_worker_is_not_waited_for_for_ever(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(loader_workers, "WAIT_SECONDS", 1.0)
    with caplog.at_level(logging.WARNING):
        survived = list(eval_loader(Sized(3, stalled=True), EvalTransform(), workers=1))
    assert_same(survived, eval_loader(Sized(3), EvalTransform()))
    assert "no batch for" in caplog.text and "suspended" in caplog.text


def test_waiting_for_a_worker_can_be_stopped() -> None:
    loader = eval_loader(Sized(3, stalled=True), EvalTransform(), workers=1)
    began = time.monotonic()
    with pytest.raises(WaitingStopped):
        list(replace(loader, should_stop=lambda: True))
    assert time.monotonic() - began < 10


def test_a_batch_needs_a_size() -> None:
    with pytest.raises(ValueError, match="batch_size must be at least 1"):
        train_loader(Sized(3), TRANSFORM, batch_size=0, seed=0, epoch=0)
