"""What is shown against counting by two loops."""

import contextlib
import io
import math
import re
from random import Random
from typing import Any

import numpy as np
import pytest

from segcore.explain.metrics_lab import OBJECT, SIDE, measure
from segcore.types import IGNORE
from tests.ui.learn.lesson_pages import open_lesson, result_of, reveal
from ui.components.cells import CellPlace
from ui.learn.lessons.metrics_lab import LESSON, MetricsResult, _confusion, _links

SETTINGS: list[dict[str, Any]] = [
    {},
    {"size": 2, "shift": 2},
    {"size": 10, "shift": 6, "rare": True},
    {"size": 6, "shift": 0, "rare": True, "ignore": True, "pixels": (0, 50, 51)},
    {"size": 1, "shift": 1, "pixels": (143,)},
]


def numbers(shown: MetricsResult, name: str) -> dict[str, float]:
    (formula,) = [formula for formula in LESSON.functions.formulas(shown) if formula.name == name]
    return dict(formula.values)


def counted(shown: MetricsResult, class_id: int) -> tuple[int, int, int]:
    """TP, FP, FN by two loops."""
    tp = fp = fn = 0
    for true, found in zip(shown.lab.ground_truth.ravel(), shown.lab.prediction.ravel(), strict=True):
        if true != IGNORE:
            tp += bool(true == class_id and found == class_id)
            fp += bool(true != class_id and found == class_id)
            fn += bool(true == class_id and found != class_id)
    return tp, fp, fn


@pytest.mark.parametrize("settings", SETTINGS)
def test_all_formulas_are_right_reckoned_again(settings: dict[str, Any]) -> None:
    shown = result_of(LESSON, **settings)
    tp, fp, fn = counted(shown, OBJECT)
    iou = numbers(shown, "iou")
    assert (iou["tp"], iou["fp"], iou["fn"]) == (tp, fp, fn)
    assert iou["iou"] == pytest.approx(tp / (tp + fp + fn))
    dice = numbers(shown, "dice")
    assert dice["dice"] == pytest.approx(2 * tp / (2 * tp + fp + fn))
    assert dice["dice"] == pytest.approx(2 * iou["iou"] / (1 + iou["iou"]))
    accuracy = numbers(shown, "accuracy")
    assert accuracy["pixels"] == (shown.lab.ground_truth != IGNORE).sum()
    assert (
        accuracy["right"]
        == ((shown.lab.ground_truth == shown.lab.prediction) & (shown.lab.ground_truth != IGNORE)).sum()
    )
    assert accuracy["pa"] == pytest.approx(accuracy["right"] / accuracy["pixels"])
    mean = numbers(shown, "miou")
    by_class = [counted(shown, class_id) for class_id in range(len(shown.lab.counts))]
    ious = [tp / (tp + fp + fn) for tp, fp, fn in by_class if tp + fp + fn]
    assert mean["k"] == len(ious)
    assert mean["miou"] == pytest.approx(math.fsum(ious) / len(ious))


@pytest.mark.parametrize("settings", SETTINGS)
def test_the_code_counts_the_same(settings: dict[str, Any]) -> None:
    shown = result_of(LESSON, **settings)
    names: dict[str, Any] = {}
    with contextlib.redirect_stdout(io.StringIO()):
        exec(LESSON.functions.code(shown), names)
    np.testing.assert_array_equal(names["counts"].numpy(), shown.lab.counts)
    assert float(names["iou"].nanmean()) == pytest.approx(shown.lab.scores.miou)
    assert float(names["accuracy"]) == pytest.approx(shown.lab.scores.pixel_accuracy)


@pytest.mark.parametrize("settings", SETTINGS)
def test_a_count_is_linked_to_just_so_many_pixels(settings: dict[str, Any]) -> None:
    shown = result_of(LESSON, **settings)
    links = _links(shown)
    for row, cells in enumerate(_confusion(shown).rows):
        for col, cell in enumerate(cells):
            pixels = [place for place in links.get(CellPlace("confusion", row, col), []) if place.grid == "truth"]
            assert len(pixels) == int(cell.text) == shown.lab.counts[row, col]
            assert all(shown.lab.ground_truth[place.row, place.col] == row for place in pixels)
            assert all(shown.lab.prediction[place.row, place.col] == col for place in pixels)


def test_questions_are_true_of_a_prediction_of_background_only() -> None:
    for seed in range(10):
        question = LESSON.functions.check(result_of(LESSON), Random(seed))
        side, _, size, _, *_ = map(int, re.findall(r"\d+", question.text))
        nothing = measure(object_side=size, shift=SIDE - 1, places=[]).scores
        assert side == SIDE
        assert question.answer == f"{nothing.miou:.3f}"
        assert f"{nothing.pixel_accuracy:.3f}" in question.text


def test_the_default_makes_the_point() -> None:
    """One pixel of shift: accuracy still looks good, the IoU of the object does not."""
    shown = result_of(LESSON)
    assert shown.lab.scores.pixel_accuracy > 0.9
    assert shown.lab.scores.iou[OBJECT] < 0.4
    assert LESSON.guess.compare("metrics", shown, 0.4).right
    assert not LESSON.guess.compare("metrics", shown, 0.9).right


@pytest.mark.parametrize(
    ("step", "holds"),
    [
        ("small", lambda lab: lab.scores.iou[OBJECT] == 0 and lab.scores.pixel_accuracy > 0.94),
        ("rare", lambda lab: lab.scores.miou == pytest.approx((lab.scores.iou[0] + 1) / 3)),
        ("pool", lambda lab: lab.pooled.miou > (lab.scores.miou + lab.other_scores.miou) / 2 + 0.05),
    ],
)
def test_each_step_shows_what_its_text_says(step: str, holds: Any) -> None:
    settings = LESSON.steps[step]
    assert holds(result_of(LESSON, **settings).lab)


def test_the_table_has_a_row_for_every_score_and_dashes_for_what_is_not_there() -> None:
    page = open_lesson("metrics", size="1", shift="6", pixels="")
    reveal(page, "metrics")
    (body,) = [element.proto.body for element in page.get("html") if "<table>" in element.proto.body]
    assert body.count("<tr>") == 10
