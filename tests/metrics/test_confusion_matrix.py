"""The table of counts, on the device and in numpy, against two slow loops."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from segcore.metrics import ConfusionMatrix, confusion
from segcore.types import IGNORE


def counts_by_loops(labels: Tensor, target: Tensor, k: int) -> list[list[int]]:
    table = [[0] * k for _ in range(k)]
    for found, true in zip(labels.flatten().tolist(), target.flatten().tolist(), strict=True):
        if true != IGNORE:
            table[true][found] += 1
    return table


def counted(labels: Tensor, target: Tensor, k: int) -> Tensor:
    matrix = ConfusionMatrix(k)
    matrix.update(labels, target)
    return matrix.counts


def random_batch(k: int, shape: tuple[int, ...], ignored: float, seed: int) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    labels = torch.randint(0, k, shape, generator=generator)
    target = torch.randint(0, k, shape, generator=generator)
    target[torch.rand(shape, generator=generator) < ignored] = IGNORE
    return labels, target


@settings(deadline=None, max_examples=25, derandomize=True)
@given(
    k=st.integers(1, 6),
    shape=st.tuples(st.integers(0, 2), st.integers(1, 7), st.integers(1, 7)),
    ignored=st.sampled_from([0.0, 0.4, 1.0]),
    dtype=st.sampled_from([torch.uint8, torch.int32, torch.int64]),
    seed=st.integers(0, 99),
)
def test_counts_by_loops(k: int, shape: tuple[int, ...], ignored: float, dtype: torch.dtype, seed: int) -> None:
    labels, target = random_batch(k, shape, ignored, seed)
    expected = counts_by_loops(labels, target, k)
    table = counted(labels.to(dtype), target.to(dtype), k)
    assert table.dtype == torch.int64
    assert table.tolist() == expected
    assert confusion(labels.numpy().astype(np.uint8), target.numpy().astype(np.uint8), k).tolist() == expected


def test_many_classes_fit() -> None:
    labels, target = random_batch(254, (1, 60, 60), 0.1, 0)
    assert counted(labels, target, 254).tolist() == counts_by_loops(labels, target, 254)


def test_parts_add_up_to_the_whole() -> None:
    labels, target = random_batch(3, (4, 5, 6), 0.3, 1)
    whole, first, second = ConfusionMatrix(3), ConfusionMatrix(3), ConfusionMatrix(3)
    whole.update(labels, target)
    first.update(labels[:1], target[:1])
    second.update(labels[1:3], target[1:3])
    second.update(labels[3:], target[3:])
    first.merge(second)
    assert torch.equal(first.counts, whole.counts)


def test_the_order_of_pixels_does_not_matter() -> None:
    labels, target = random_batch(4, (200,), 0.2, 2)
    order = torch.randperm(200, generator=torch.Generator().manual_seed(0))
    assert torch.equal(counted(labels[order], target[order], 4), counted(labels, target, 4))


def test_counts_are_a_copy() -> None:
    matrix = ConfusionMatrix(2)
    matrix.counts.add_(5)
    assert matrix.counts.sum() == 0


def test_an_ignored_pixel_excuses_any_label() -> None:
    ignored = torch.full((1, 2, 2), IGNORE)
    assert counted(torch.full((1, 2, 2), 77), ignored, 3).sum() == 0
    assert confusion(np.full((2, 2), 77, np.uint8), np.full((2, 2), IGNORE, np.uint8), 3).sum() == 0


@pytest.mark.parametrize(("label", "true"), [(3, 0), (-1, 0), (0, 3), (0, -1), (IGNORE, 0)])
def test_ids_that_are_no_class_are_reported_when_read(label: int, true: int) -> None:
    matrix = ConfusionMatrix(3)
    matrix.update(torch.tensor([0, label]), torch.tensor([0, true]))
    with pytest.raises(ValueError, match=r"1 pixels have a label or a target outside 0 … 2"):
        _ = matrix.counts


@pytest.mark.parametrize(("label", "true"), [(3, 0), (0, 3), (IGNORE, 0)])
def test_ids_that_are_no_class_are_refused_in_numpy(label: int, true: int) -> None:
    with pytest.raises(ValueError, match="ids must be 0 … 2"):
        confusion(np.array([[0, label]], np.uint8), np.array([[0, true]], np.uint8), 3)


def test_wrong_calls_are_refused() -> None:
    matrix = ConfusionMatrix(3)
    with pytest.raises(ValueError, match="must be equal"):
        matrix.update(torch.zeros(2, 2, dtype=torch.int64), torch.zeros(4, dtype=torch.int64))
    with pytest.raises(ValueError, match="argmax"):
        matrix.update(torch.zeros(4), torch.zeros(4, dtype=torch.int64))
    with pytest.raises(ValueError, match="cannot merge 2 classes into 3"):
        matrix.merge(ConfusionMatrix(2))
    with pytest.raises(ValueError, match="must be equal"):
        confusion(np.zeros((2, 2), np.uint8), np.zeros((2, 3), np.uint8), 2)
