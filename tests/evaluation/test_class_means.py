"""Both means of the IoU, and the sentences on why they differ."""

import math

import numpy as np
import pytest

from segcore.evaluation import mean_reasons
from segcore.metrics import scores

CLASSES = ("background", "person", "cat", "dog")


def test_a_class_that_only_the_prediction_has_counts_in_the_first_mean() -> None:
    counts = np.array([[900, 3, 7, 0], [0, 0, 0, 0], [10, 0, 80, 0], [0, 0, 0, 0]])
    result = scores(counts, CLASSES)
    iou = (900 / 920, 0.0, 80 / 97)
    assert result.miou == pytest.approx(sum(iou) / 3)
    assert result.miou_of_present == pytest.approx((iou[0] + iou[2]) / 2)
    assert result.classes_present == 2
    assert mean_reasons(result, counts.tolist()) == [
        "“person” does not occur in the ground truth of these images; 0.3 % of the pixels were predicted as “person”, "
        "so it counts as 0 in the first mean and is left out of the second."
    ]


def test_without_such_a_class_the_means_are_equal() -> None:
    counts = np.diag([5, 4, 0, 1])
    result = scores(counts, CLASSES)
    assert result.miou == result.miou_of_present == 1
    assert "(3 classes)" in mean_reasons(result, counts.tolist())[0]


def test_many_absent_classes_are_summed_up_the_largest_first() -> None:
    classes = tuple(f"c{k}" for k in range(9))
    counts = np.zeros((9, 9), np.int64)
    counts[0] = range(100, 109)
    sentences = mean_reasons(scores(counts, classes), counts.tolist())
    assert len(sentences) == 5 and "“c8”" in sentences[0]
    assert sentences[-1] == "The same holds for 4 more classes: c4, c3, c2, c1."


def test_no_pixels_no_mean() -> None:
    counts = np.zeros((4, 4), np.int64)
    result = scores(counts, CLASSES)
    assert math.isnan(result.miou) and math.isnan(result.miou_of_present)
    assert mean_reasons(result, counts.tolist())
