"""The metrics lab against counting by hand."""

import math

import numpy as np
import pytest

from segcore.explain.metrics_lab import OBJECT, RARE, SIDE, Lab, measure, painted, shifted, square_ground_truth
from segcore.types import IGNORE


def by_hand(lab: Lab, class_id: int) -> tuple[int, int, int]:
    """TP, FP, FN by two loops."""
    tp = fp = fn = 0
    for row in range(SIDE):
        for col in range(SIDE):
            truth, found = lab.ground_truth[row, col], lab.prediction[row, col]
            if truth == IGNORE:
                continue
            tp += truth == class_id and found == class_id
            fp += truth != class_id and found == class_id
            fn += truth == class_id and found != class_id
    return tp, fp, fn


@pytest.mark.parametrize("object_side", [1, 2, 5, 10])
@pytest.mark.parametrize("shift", [0, 1, 3])
@pytest.mark.parametrize(("rare", "ignore"), [(False, False), (True, False), (False, True), (True, True)])
def test_counts_and_scores_are_those_of_two_loops(object_side: int, shift: int, rare: bool, ignore: bool) -> None:
    lab = measure(object_side=object_side, shift=shift, places=[(0, 0), (6, 6)], rare=rare, ignore_border=ignore)
    tp, fp, fn = by_hand(lab, OBJECT)
    assert (lab.overlap.tp, lab.overlap.fp, lab.overlap.fn) == (tp, fp, fn)
    assert lab.scores.iou[OBJECT] == pytest.approx(tp / (tp + fp + fn))
    assert lab.scores.dice[OBJECT] == pytest.approx(2 * lab.scores.iou[OBJECT] / (1 + lab.scores.iou[OBJECT]))
    right = sum(by_hand(lab, class_id)[0] for class_id in range(3))
    valid = int((lab.ground_truth != IGNORE).sum())
    assert lab.scores.pixel_accuracy == pytest.approx(right / valid)
    np.testing.assert_array_equal(lab.counts.sum(), valid)


def test_two_pictures_in_one_table_are_not_the_mean_of_two() -> None:
    lab = measure(object_side=8, shift=1, places=[])
    apart = (lab.scores.miou + lab.other_scores.miou) / 2
    assert lab.pooled.pixels == 2 * SIDE * SIDE
    assert lab.pooled.miou > apart + 0.05  # the small object hardly counts in the table


def test_all_background_is_the_fast_ai_example() -> None:
    """95 % accuracy and half of that as mean IoU: nothing of the object was found."""
    lab = measure(object_side=3, shift=SIDE - 1, places=[])
    assert not (lab.prediction == OBJECT).any()
    share = 9 / SIDE**2
    assert lab.scores.pixel_accuracy == pytest.approx(1 - share)
    assert lab.scores.miou == pytest.approx((1 - share) / 2)


def test_a_class_that_nobody_found_counts_as_zero_and_one_that_is_not_there_not_at_all() -> None:
    with_rare = measure(object_side=4, shift=0, places=[], rare=True)
    assert with_rare.scores.iou[RARE] == 0
    assert with_rare.scores.miou == pytest.approx((with_rare.scores.iou[0] + 1 + 0) / 3)
    without = measure(object_side=4, shift=0, places=[])
    assert without.scores.miou == 1 and not math.isnan(without.scores.miou)


@pytest.mark.parametrize(("object_side", "shift"), [(6, 0), (6, 1), (6, 3), (2, 2), (4, 8)])
def test_boundary_f_is_what_a_look_at_every_pair_says(object_side: int, shift: int) -> None:
    lab = measure(object_side=object_side, shift=shift, places=[])

    def outline(labels: np.ndarray) -> list[tuple[int, int]]:
        def other(row: int, col: int) -> bool:
            inside = 0 <= row < SIDE and 0 <= col < SIDE
            return inside and labels[row, col] != OBJECT

        mine = [(r, c) for r in range(SIDE) for c in range(SIDE) if labels[r, c] == OBJECT]
        return [(r, c) for r, c in mine if other(r - 1, c) or other(r + 1, c) or other(r, c - 1) or other(r, c + 1)]

    true, found = outline(lab.ground_truth), outline(lab.prediction)

    def near(pixels: list[tuple[int, int]], others: list[tuple[int, int]]) -> float:
        hits = sum(any((r - a) ** 2 + (c - b) ** 2 <= 1 for a, b in others) for r, c in pixels)
        return hits / len(pixels) if pixels else 0.0

    precision, recall = near(found, true), near(true, found)
    expected = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
    assert lab.boundary_f[0] == pytest.approx(expected)


def test_painting_twice_is_not_painting() -> None:
    labels = shifted(square_ground_truth(4), 1)
    np.testing.assert_array_equal(painted(painted(labels, [(0, 0), (5, 5)]), [(0, 0), (5, 5)]), labels)
    assert painted(labels, [(0, 0)])[0, 0] == OBJECT


def test_the_ring_is_ignored() -> None:
    truth = square_ground_truth(4, ignore_border=True)
    assert (truth == IGNORE).sum() == 36 - 16
    assert (truth == OBJECT).sum() == 16


@pytest.mark.parametrize("side", [0, SIDE - 1, -3])
def test_an_object_that_does_not_fit_is_refused(side: int) -> None:
    with pytest.raises(ValueError, match="object_side"):
        square_ground_truth(side)
