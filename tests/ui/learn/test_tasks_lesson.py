"""The default makes the point, formulas are right, the code computes what is seen."""

import contextlib
import io
from typing import Any

import cv2
import numpy as np
import pytest

from segcore.explain.tasks import synthetic_scene
from tests.ui.learn.lesson_pages import result_of
from ui.learn.lessons.tasks import LESSON
from ui.learn.task_answers import ANSWERS, TasksResult

SETTINGS: list[dict[str, Any]] = [{}, *(dict(step) for step in LESSON.steps.values())]


def numbers(shown: TasksResult, name: str) -> dict[str, float]:
    (formula,) = [formula for formula in LESSON.functions.formulas(shown) if formula.name == name]
    return dict(formula.values)


def test_the_default_makes_the_point() -> None:
    shown = result_of(LESSON)
    assert shown.counts["classes"] == 2 and shown.counts["instances"] == 3
    iou = {name: shown.overlaps[name].iou for name in ANSWERS}
    assert iou["instances"] > 0.9 > 0.6 > iou["classes"] > iou["pixels"]
    assert LESSON.guess.compare("tasks", shown, "one").right
    assert result_of(LESSON, gap=4).counts["classes"] == 3
    assert LESSON.guess.compare("tasks", result_of(LESSON, gap=4), "two").right


@pytest.mark.parametrize("settings", SETTINGS)
def test_formulas_are_right_reckoned_again(settings: dict[str, Any]) -> None:
    shown = result_of(LESSON, **settings)
    cut = numbers(shown, "threshold")
    assert cut["b"] == (cut["x"] > cut["tau"])
    assert cut["tau"] == shown.otsu + settings.get("threshold", 0)
    if shown.settings["by"] == "kmeans":
        nearest = numbers(shown, "nearest")
        k = int(nearest.pop("k"))
        assert min(nearest, key=lambda name: nearest[name]) == f"d{k}"
    if shown.drawn is None:
        assert not shown.overlaps
        return
    np.testing.assert_array_equal(shown.image, synthetic_scene(shown.settings["gap"]).image)
    for name in ("classes", "instances"):
        counts = numbers(shown, name)
        assert counts["iou"] == pytest.approx(counts["both"] / (counts["both"] + counts["piece"] + counts["thing"]))
        thing = shown.drawn.instances == shown.drawn.instances[shown.pixel]
        assert counts["both"] + counts["thing"] == thing.sum()


@pytest.mark.parametrize("settings", SETTINGS)
def test_the_code_computes_what_is_seen(settings: dict[str, Any]) -> None:
    shown = result_of(LESSON, **settings)
    names: dict[str, Any] = {}
    with contextlib.redirect_stdout(io.StringIO()):
        exec(LESSON.functions.code(shown), names)
    np.testing.assert_array_equal(names["image"], shown.image)
    np.testing.assert_array_equal(names["classes"], shown.answers["classes"])
    np.testing.assert_array_equal(np.asarray(names["regions"], int), shown.answers["regions"])
    bright = cv2.cvtColor(shown.image, cv2.COLOR_RGB2GRAY) > shown.threshold
    assert (names["bright"].numpy() == bright).mean() > 0.99  # OpenVINO and torch round a few halves differently
