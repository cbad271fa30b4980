"""What is shown against counting and against PyTorch's own sampling."""

import contextlib
import io
from random import Random
from typing import Any

import numpy as np
import pytest

from segcore.types import IGNORE
from tests.ui.learn.lesson_pages import result_of
from ui.learn.lessons.augmentation import LESSON, AugmentationResult

SETTINGS: list[dict[str, Any]] = [{}, *(dict(step) for step in LESSON.steps.values())]


def numbers(shown: AugmentationResult, name: str) -> dict[str, float]:
    (formula,) = [formula for formula in LESSON.functions.formulas(shown) if formula.name == name]
    return dict(formula.values)


def test_the_default_makes_the_point() -> None:
    """The network is right and is graded as wrong."""
    shown = result_of(LESSON)
    assert shown.right.miou > 0.85 and shown.scores.miou < 0.5
    assert LESSON.guess.compare("augmentation", shown, 0.3).right
    assert not LESSON.guess.compare("augmentation", shown, 0.9).right


@pytest.mark.parametrize("settings", SETTINGS)
def test_formulas_are_right_reckoned_again(settings: dict[str, Any]) -> None:
    shown = result_of(LESSON, **settings)
    mean = numbers(shown, "miou")
    ious = []
    found, given = shown.found[0], shown.given[0]
    valid = given < len(shown.scene.card.classes)
    for k in range(len(shown.scene.card.classes)):
        mine, true = (found == k) & valid, (given == k) & valid
        if (mine | true).any():
            ious.append((mine & true).sum() / (mine | true).sum())
            assert mean[f"iou{k}"] == pytest.approx(ious[-1])
    assert mean["miou"] == pytest.approx(np.mean(ious)) and mean["k"] == len(ious)


def test_ghosts_are_of_a_class_that_lies_between() -> None:
    shown = result_of(LESSON, move="scale", follow=True, sampling="bilinear")
    assert not (shown.scene.labels[0] == 1).any(), "no person in the photo of the cat"
    assert shown.spurious.any() and set(shown.given[0][shown.spurious]) == {1}
    mix = numbers(shown, "mix")
    assert mix["sum"] == pytest.approx(sum(mix[f"w{i}"] * mix[f"c{i}"] for i in range(4)))
    assert mix["id"] == round(mix["sum"]) and mix["id"] not in [mix[f"c{i}"] for i in range(4)]


def test_where_labels_follow_nothing_is_wrong_and_corners_are_ignored() -> None:
    shown = result_of(LESSON, move="rotate", follow=True)
    assert shown.scores.miou == shown.right.miou
    np.testing.assert_array_equal(shown.given[0], shown.pairs[0].labels)
    assert shown.given[0][0, 0] == IGNORE and not shown.spurious.any()


@pytest.mark.parametrize("settings", SETTINGS)
def test_the_code_samples_the_same(settings: dict[str, Any]) -> None:
    shown = result_of(LESSON, **settings)
    names: dict[str, Any] = {}
    with contextlib.redirect_stdout(io.StringIO()):
        exec(LESSON.functions.code(shown), names)
    assert np.mean(names["labels"].numpy() != shown.given[0]) < 0.005
    inside = shown.pairs[0].labels != IGNORE
    theirs = 255 * names["moved"][0].permute(1, 2, 0).numpy()
    assert np.mean(np.abs(theirs - shown.pairs[0].image)[inside] > 3) < 0.02


def test_questions_are_reckoned_rightly() -> None:
    shown = result_of(LESSON)
    for seed in range(12):
        question = LESSON.functions.check(shown, Random(seed))
        assert f"= {question.answer}$" in question.why
        assert len(question.options) == 4
