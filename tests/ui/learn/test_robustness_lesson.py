"""What is shown against the evaluation's own functions, and the point that the first view makes."""

import contextlib
import io
import re
from random import Random
from typing import Any

import numpy as np
import pytest

from segcore.data import corrupt, open_dataset
from segcore.evaluation.adversarial import ATTACK_LEVELS
from segcore.explain.scene import SHAPES, SPLIT
from tests.ui.learn.lesson_pages import open_lesson, result_of, reveal
from ui.learn.lessons.robustness_lesson import LESSON, RIVALS, RobustnessResult


def numbers(shown: RobustnessResult, name: str) -> dict[str, float]:
    (formula,) = [formula for formula in LESSON.functions.formulas(shown) if formula.name == name]
    return dict(formula.values)


def test_the_default_makes_the_point() -> None:
    """One grey level, aimed, does more harm than noise that anybody sees."""
    shown = result_of(LESSON)
    assert shown.rivals["aimed"] < shown.rivals["noise"] - 0.1 < shown.rivals["dark"]
    change = np.abs(shown.pairs[0][0].astype(int) - shown.scene.images[0])
    assert change.max() == 1
    assert LESSON.guess.compare("stress", shown, "aimed").right
    assert not LESSON.guess.compare("stress", shown, "noise").right
    assert shown.curve.miou[0] == 1 and not shown.scene.is_truth, "the clean photo is its own measure"


@pytest.mark.parametrize(
    "settings",
    [{}, {"corruption": "rotation", "severity": 4}, {"corruption": "flip", "severity": 5}],
)
def test_formulas_are_right_reckoned_again(settings: dict[str, Any]) -> None:
    shown = result_of(LESSON, **settings)
    left = numbers(shown, "left")
    assert left["left"] == pytest.approx(left["spoilt"] / left["clean"])
    found = shown.curve.labels[shown.severity][0]
    truth = shown.pairs[0][1]
    ious = []
    for k in np.unique(truth[truth != 255]):
        mine, true = (found == k)[truth != 255], (truth == k)[truth != 255]
        ious.append((mine & true).sum() / (mine | true).sum())
    assert left["spoilt"] == pytest.approx(np.mean(ious))
    if settings:
        return
    step = numbers(shown, "attack")
    assert step["y"] == min(max(step["x"] + step["e"] * step["g"], 0), 255)
    assert step["e"] == 255 * ATTACK_LEVELS[shown.severity - 1]


def test_the_code_prints_the_same_mean(little: str) -> None:
    for settings in ({"corruption": "fgsm", "severity": 3}, {"corruption": "tilt", "severity": 2}):
        shown = result_of(LESSON, network=little, **settings)
        with contextlib.redirect_stdout(io.StringIO()) as said:
            exec(LESSON.functions.code(shown), {})
        assert float(said.getvalue().split()[-1]) == pytest.approx(shown.curve.miou[shown.severity], abs=2e-3)


def test_a_network_of_shapes_is_measured_against_the_truth(little: str) -> None:
    shown = result_of(LESSON, network=little, corruption="gaussian_noise", severity=2)
    data = open_dataset(SHAPES, SPLIT)
    assert shown.scene.is_truth and len(shown.pairs) == len(data)
    for index, (image, labels) in enumerate(shown.pairs):
        theirs = corrupt(data[index].image, data[index].labels, "gaussian_noise", 2, seed=index)
        np.testing.assert_array_equal(image, theirs[0])
        np.testing.assert_array_equal(labels, theirs[1])
    page = open_lesson("stress", network=little)
    reveal(page, "stress")
    assert any("Little \\*net\\*" in element.value for element in page.caption)
    assert page.button(key="learn.stress.job.start")


def test_questions_ask_for_the_mean_of_what_is_left() -> None:
    shown = result_of(LESSON)
    for seed in range(6):
        question = LESSON.functions.check(shown, Random(seed))
        left = [float(word) for word in re.findall(r"\d\.\d\d", question.text)]
        assert len(left) == 5
        assert question.answer == f"{sum(left) / 5:.3f}"
        assert question.options[question.answer] == question.answer


def test_severity_stops_where_a_corruption_does() -> None:
    assert result_of(LESSON, corruption="flip", severity=5).severity == 1


def test_rivals_are_among_the_corruptions() -> None:
    control = LESSON.controls[0]
    assert all(control.read(kind) == kind for kind, _ in RIVALS.values())
