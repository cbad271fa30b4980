"""What is shown, reckoned again; questions; the live training's panel."""

import contextlib
import io
from random import Random
from statistics import fmean
from typing import Any

import pytest

from segcore.explain.overfitting import cross_validate
from tests.ui.learn.lesson_pages import open_lesson, result_of, reveal
from ui.learn import input_controls
from ui.learn.lessons.overfitting import LESSON, OverfittingResult
from ui.learn.live_regularisation import STEPS
from ui.text import plain, t
from ui.widgets import job_panel

SETTINGS: list[dict[str, Any]] = [
    {},
    *(dict(step) for step in LESSON.steps.values()),
    {"pictures": "4", "folds": "8", "decay": "strong", "leak": True, "seed": 0},
]


def numbers(shown: OverfittingResult, name: str) -> dict[str, float]:
    (formula,) = [formula for formula in LESSON.functions.formulas(shown) if formula.name == name]
    return dict(formula.values)


@pytest.mark.parametrize("settings", SETTINGS)
def test_what_is_shown_is_right_reckoned_again(settings: dict[str, Any]) -> None:
    shown = result_of(LESSON, **settings)
    folds = cross_validate(shown.count, shown.decay, shown.requested, leak=shown.leak, seed=shown.seed)
    mean = numbers(shown, "mean")
    vals = [mean[f"v{place}"] for place in range(len(folds))]
    assert vals == [fold.val for fold in folds] and mean["k"] == len(folds)
    assert mean["v"] == pytest.approx(sum(vals) / len(vals))
    assert numbers(shown, "gap")["gap"] == pytest.approx(fmean(fold.train for fold in folds) - mean["v"])
    ridge = numbers(shown, "ridge")
    assert ridge["loss"] == pytest.approx(ridge["fit"] + ridge["decay"] * ridge["size"])
    names: dict[str, Any] = {}
    with contextlib.redirect_stdout(io.StringIO()):
        exec(LESSON.functions.code(shown), names)
    assert names["scores"] == pytest.approx(vals, abs=1e-2)


def test_the_default_makes_the_point_and_the_steps_go_on() -> None:
    plain, decay, more, leak = (result_of(LESSON, **settings) for settings in SETTINGS[:4])
    assert plain.mean("train") > 0.99 and plain.mean("val") < 0.7
    assert LESSON.guess.compare("overfitting", plain, plain.mean("val")).right
    assert decay.mean("train") < plain.mean("train") and decay.mean("val") > plain.mean("val")
    assert more.mean("train") - more.mean("val") < 0.5 * (plain.mean("train") - plain.mean("val"))
    assert leak.mean("val") > decay.mean("val") + 0.1 and leak.mean("val") > leak.mean("new") + 0.1


def test_questions_are_answered_by_the_learners_numbers() -> None:
    shown = result_of(LESSON)
    questions = [LESSON.functions.check(shown, Random(seed)) for seed in range(20)]
    answers = {question.answer for question in questions}
    assert {"same", f"{shown.mean('val'):.2f}"} <= answers
    left = [question for question in questions if "folds: from how many" in question.text]
    for question in left:
        count, k = (int(word) for word in question.text.split() if word.isdigit())
        assert int(question.answer) == count * (k - 1) // k


def test_the_trained_networks_are_drawn_and_no_lender_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    course = {"step": [0, STEPS], "train": [0.1, 0.95], "val": [0.1, 0.55]}
    asked: list[dict[str, Any]] = []

    def panel(_name: str, settings: dict[str, Any], **_options: Any) -> dict[str, Any]:
        asked.append(settings)
        return {"plain": course, "remedy": course}

    monkeypatch.setattr(job_panel, "panel", panel)
    page = open_lesson("overfitting", remedy="dropout", shots="16")
    assert not asked, "hidden"
    reveal(page, "overfitting")
    assert asked[-1] == {"pictures": 16, "remedy": "dropout", "steps": STEPS, "seed": 0}
    tables = [element.proto.body for element in page.get("html") if "<table>" in element.proto.body]
    assert tables[-1].count("0.55") == 2 and tables[-1].count("0.40") == 2
    monkeypatch.setattr(input_controls, "_available", lambda _architecture: {})
    page = open_lesson("overfitting", remedy="frozen")
    reveal(page, "overfitting")
    assert [info.value for info in page.info] == [plain(t("learn.no_architecture", architecture="U-Net"))]
