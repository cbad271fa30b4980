"""The ratios against torchmetrics, against slow loops, and against what must hold for any table."""

import json
import math
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor
from torchmetrics.functional.classification import (
    multiclass_accuracy,
    multiclass_f1_score,
    multiclass_jaccard_index,
    multiclass_precision,
    multiclass_recall,
)

from segcore.metrics import Scores, confusion, scores
from segcore.types import IGNORE

tables = st.integers(1, 5).flatmap(
    lambda k: st.lists(st.lists(st.integers(0, 9), min_size=k, max_size=k), min_size=k, max_size=k)
)


def names(k: int) -> list[str]:
    return [f"class {index}" for index in range(k)]


def scored(labels: Tensor, target: Tensor, k: int) -> Scores:
    return scores(confusion(labels.numpy().astype(np.uint8), target.numpy().astype(np.uint8), k), names(k))


def as_list(values: Tensor) -> list[float]:
    return values.double().tolist()


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("absent", [False, True])
def test_scores_are_torchmetrics(seed: int, absent: bool) -> None:
    k = 5
    generator = torch.Generator().manual_seed(seed)
    target = torch.randint(0, k - absent, (3, 16, 16), generator=generator)
    labels = torch.where(
        torch.rand(target.shape, generator=generator) < 0.6,
        target,
        torch.randint(0, k - absent, target.shape, generator=generator),
    )
    target[torch.rand(target.shape, generator=generator) < 0.1] = IGNORE
    ours = scored(labels, target, k)
    shared: dict[str, Any] = {"num_classes": k, "ignore_index": IGNORE}

    assert ours.miou == pytest.approx(multiclass_jaccard_index(labels, target, average="macro", **shared).item())
    assert ours.mean_dice == pytest.approx(multiclass_f1_score(labels, target, average="macro", **shared).item())
    assert ours.mean_accuracy == pytest.approx(multiclass_accuracy(labels, target, average="macro", **shared).item())
    assert ours.pixel_accuracy == pytest.approx(multiclass_accuracy(labels, target, average="micro", **shared).item())
    weighted = multiclass_jaccard_index(labels, target, average="weighted", **shared).item()
    assert ours.frequency_weighted_iou == pytest.approx(weighted)
    here = slice(0, k - absent)  # torchmetrics says 0 of an absent class, we say NaN
    for mine, theirs in (
        (ours.iou, multiclass_jaccard_index),
        (ours.dice, multiclass_f1_score),
        (ours.precision, multiclass_precision),
        (ours.recall, multiclass_recall),
    ):
        assert mine[here] == pytest.approx(as_list(theirs(labels, target, average="none", **shared))[here])
        assert math.isnan(mine[-1]) == absent
    assert ours.averaged_over == k - absent


def test_a_table_worked_by_hand() -> None:
    #                    sky road car boat     the boat occurs nowhere
    counts = np.array([[6, 2, 0, 0], [1, 7, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]])
    counts[1, 2] = 4  # a car is imagined on the road
    result = scores(counts, ["sky", "road", "car", "boat"])
    assert result.iou[:3] == pytest.approx((6 / 9, 7 / 14, 0.0)) and math.isnan(result.iou[3])
    assert result.miou == pytest.approx((6 / 9 + 7 / 14 + 0) / 3)
    assert result.dice[:2] == pytest.approx((12 / 15, 14 / 21))
    assert result.precision[:3] == pytest.approx((6 / 7, 7 / 9, 0.0)) and math.isnan(result.precision[3])
    assert result.recall[:2] == pytest.approx((6 / 8, 7 / 12)) and math.isnan(result.recall[2])
    assert result.pixel_accuracy == pytest.approx(13 / 20)
    assert result.mean_accuracy == pytest.approx((6 / 8 + 7 / 12) / 2)  # of classes that truly occur
    assert result.frequency_weighted_iou == pytest.approx(8 / 20 * 6 / 9 + 12 / 20 * 7 / 14)
    assert (result.support, result.pixels, result.averaged_over) == ((8, 12, 0, 0), 20, 3)
    assert "3 of 4 classes" in result.convention


@settings(deadline=None, max_examples=50, derandomize=True)
@given(table=tables)
def test_what_holds_for_any_table(table: list[list[int]]) -> None:
    counts = np.array(table)
    result = scores(counts, names(len(table)))
    exist = [iou for iou in result.iou if not math.isnan(iou)]
    assert len(exist) == result.averaged_over
    for c, (iou, dice) in enumerate(zip(result.iou, result.dice, strict=True)):
        occurs = counts[c].sum() + counts[:, c].sum() > 0
        assert math.isnan(iou) == math.isnan(dice) == (not occurs)
        if occurs:
            assert 0 <= iou <= dice <= 1
            assert dice == pytest.approx(2 * iou / (1 + iou))
    if result.pixels:
        assert result.miou == pytest.approx(sum(exist) / len(exist))
        assert result.pixels == sum(result.support) == counts.sum()
        micro = np.trace(counts) / (2 * counts.sum() - np.trace(counts))
        assert micro == pytest.approx(result.pixel_accuracy / (2 - result.pixel_accuracy))
    else:
        assert all(math.isnan(x) for x in (result.miou, result.pixel_accuracy, result.mean_accuracy, result.mean_dice))


@settings(deadline=None, max_examples=25, derandomize=True)
@given(table=tables, seed=st.integers(0, 99))
def test_renumbering_the_classes_changes_no_mean(table: list[list[int]], seed: int) -> None:
    order = np.random.default_rng(seed).permutation(len(table))
    counts = np.array(table)
    before, after = scores(counts, names(len(table))), scores(counts[np.ix_(order, order)], names(len(table)))
    for field in ("miou", "pixel_accuracy", "mean_accuracy", "mean_dice", "frequency_weighted_iou"):
        assert getattr(after, field) == pytest.approx(getattr(before, field), nan_ok=True)


def test_a_perfect_and_an_all_wrong_labelling() -> None:
    perfect = scores(np.diag([3, 5]), ["a", "b"])
    assert perfect.miou == perfect.pixel_accuracy == perfect.frequency_weighted_iou == 1
    wrong = scores(np.array([[0, 3], [5, 0]]), ["a", "b"])
    assert wrong.miou == wrong.pixel_accuracy == wrong.mean_dice == 0


def test_large_counts_stay_exact() -> None:
    counts = np.array([[2**52, 1], [0, 1]])
    assert scores(counts, ["a", "b"]).support == (2**52 + 1, 1)


def test_a_tensor_is_as_good_as_an_array() -> None:
    counts = np.array([[3, 1], [0, 4]])
    assert scores(torch.from_numpy(counts), ["a", "b"]) == scores(counts, ["a", "b"])


def test_to_dict_is_strict_json() -> None:
    text = json.dumps(scores(np.array([[3, 0], [0, 0]]), ["a", "b"]).to_dict(), allow_nan=False)
    back = json.loads(text)
    assert back["iou"] == [1.0, None]
    assert back["classes"] == ["a", "b"] and back["support"] == [3, 0] and back["miou"] == 1.0


def test_a_table_of_another_size_is_refused() -> None:
    with pytest.raises(ValueError, match="3 classes"):
        scores(np.zeros((2, 2), np.int64), names(3))
