"""What is shown, reckoned again."""

import contextlib
import io
import math
import re
from random import Random
from typing import Any

import pytest

from segcore.explain.losses import NAMES, PIXELS
from segcore.jobs import find_job
from tests.ui.learn.lesson_pages import open_lesson, result_of, reveal
from ui.learn.lessons.losses import LESSON, LossesResult
from ui.learn.live_losses import STEPS
from ui.widgets import job_panel

SETTINGS: list[dict[str, Any]] = [
    *({"loss": name} for name in NAMES),
    *({"loss": name, "answer": "blurred", "side": 3, "q": 70, "cell": (0, 0)} for name in NAMES),
    {"loss": "weighted", "answer": "flat", "side": 4, "q": 99, "cell": (9, 2)},
    {"loss": "ce_dice", "answer": "shifted", "side": 1, "q": 1, "cell": (5, 5)},
]


def numbers(shown: LossesResult, name: str) -> dict[str, float]:
    (formula,) = [formula for formula in LESSON.functions.formulas(shown) if formula.name == name]
    return dict(formula.values)


def pixel(name: str, v: dict[str, float]) -> float:
    """The right side of the pixel's formula, from its left side."""
    surprise = -math.log(v["p"])
    match name:
        case "weighted":
            return v["n"] * v["w"] / v["s"] * surprise
        case "focal":
            return (1 - v["p"]) ** v["g"] * surprise
        case "mse":
            return (1 - v["p"]) ** 2
        case "dice" | "ce_dice":
            dice = v["n"] / 2 * (1 - v["p"]) * (1 / v["d0"] + 1 / v["d1"])
            return dice + (surprise if name == "ce_dice" else 0)
    return surprise


@pytest.mark.parametrize("settings", SETTINGS)
def test_all_formulas_are_right_reckoned_again(settings: dict[str, Any]) -> None:
    shown = result_of(LESSON, **settings)
    values = numbers(shown, "pixel")
    assert values["l"] == pytest.approx(pixel(shown.name, values), rel=1e-5)
    loss = numbers(shown, "loss")
    assert loss["loss"] == pytest.approx((loss["o"] + loss["b"]) / PIXELS)
    assert loss["loss"] == pytest.approx(shown.judged.value, rel=1e-5)
    pull = numbers(shown, "pull")
    assert pull["up"] <= 0 <= pull["down"]
    assert pull["sum"] == pytest.approx(pull["up"] + pull["down"])


@pytest.mark.parametrize("settings", SETTINGS)
def test_the_code_prints_the_loss_and_the_gradient(settings: dict[str, Any]) -> None:
    shown = result_of(LESSON, **settings)
    with contextlib.redirect_stdout(io.StringIO()) as said:
        exec(LESSON.functions.code(shown), {})
    loss, gradient = map(float, said.getvalue().split())
    assert loss == pytest.approx(shown.judged.value, rel=2e-3)
    assert gradient == pytest.approx(shown.judged.gradient[shown.row, shown.col], rel=2e-3, abs=2e-5)


def test_the_default_makes_the_point() -> None:
    shown = result_of(LESSON)
    assert shown.best == 25 and not shown.judged.mask.any()
    assert LESSON.guess.compare("losses", shown, 25.0).right
    assert not LESSON.guess.compare("losses", shown, 50.0).right


@pytest.mark.parametrize(
    ("step", "holds"),
    [
        ("dice", lambda shown: shown.best == 99 and numbers(shown, "pull")["sum"] < 0),
        ("weighted", lambda shown: shown.best == 89 and shown.judged.mask.any()),
        ("flat", lambda shown: shown.best == 4 and not shown.judged.mask.any()),
    ],
)
def test_each_step_shows_what_its_text_says(step: str, holds: Any) -> None:
    settings = LESSON.steps[step]
    assert holds(result_of(LESSON, **settings))


def test_questions_have_the_share_as_their_answer() -> None:
    for seed in range(20):
        question = LESSON.functions.check(result_of(LESSON), Random(seed))
        spot, count = map(int, re.findall(r"\d+", question.text)[:2])
        assert float(question.answer) == pytest.approx(100 * count / spot, abs=0.06)


def test_the_trained_networks_are_drawn_and_one_button_starts_them(monkeypatch: pytest.MonkeyPatch) -> None:
    page = open_lesson("losses")
    assert "learn.losses.race.start" not in [button.key for button in page.button], "hidden"
    reveal(page, "losses")
    assert "learn.losses.race.start" in [button.key for button in page.button]
    assert find_job("lesson-losses", {"size": "rare", "steps": STEPS, "seed": 0}) is None
    course = {"step": [0, 20], **{score: [0.0, 0.5] for score in ("iou", "accuracy", "precision", "recall")}}
    result = {"share": 0.0132, "courses": {"dice": course, "focal": course}}
    monkeypatch.setattr(job_panel, "panel", lambda *args, **options: result)
    page = open_lesson("losses")
    reveal(page, "losses")
    assert any("1.3 %" in caption.value for caption in page.caption)
    tables = [element.proto.body for element in page.get("html") if "<table>" in element.proto.body]
    assert tables[-1].count("0.500") == 8
