"""What is shown, reckoned again; the code; where nothing can be examined."""

import contextlib
import io
import math
from random import Random
from typing import Any

import numpy as np
import pytest
import torch

from segcore.explain.network import as_pixels
from segcore.types import IGNORE
from tests.ui.learn.lesson_pages import open_lesson, result_of, reveal
from ui.learn import reliability_diagram
from ui.learn.lessons.logits import LESSON, SHOWN, LogitsResult, _changed
from ui.text import t

SETTINGS: list[dict[str, Any]] = [
    {},
    *(dict(step) for step in LESSON.steps.values()),
    {"constant": -7, "temperature": 0.25, "squash": "sigmoid", "threshold": 0.9, "activation": "relu"},
    {"network": "shapes", "pixel": (500, 500), "constant": 3},
]


def numbers(shown: LogitsResult, name: str) -> dict[str, float]:
    (formula,) = [formula for formula in LESSON.functions.formulas(shown) if formula.name == name]
    return dict(formula.values)


@pytest.mark.parametrize("settings", SETTINGS)
def test_what_is_shown_is_right_reckoned_again(settings: dict[str, Any]) -> None:
    shown = result_of(LESSON, **settings)
    row, col = shown.pixel
    with torch.no_grad():
        z = shown.scene.network.logits(as_pixels(shown.scene.images[:1]))[0, :, row, col].tolist()
    u = sorted(((value + shown.constant) / shown.temperature for value in z), reverse=True)
    soft = numbers(shown, "softmax")
    powers = [math.exp(soft[f"u{place}"]) for place in range(len(u))]
    assert [soft[f"u{place}"] for place in range(len(u))] == pytest.approx(u, abs=1e-3)
    assert soft["p"] == pytest.approx(powers[0] / (sum(powers) + soft["rest"]), rel=1e-6)
    assert numbers(shown, "sigmoid")["s"] == pytest.approx(1 / (1 + math.exp(-u[0])), abs=1e-4)
    slope = numbers(shown, "slope")
    step = 1e-6
    f = {"relu": lambda x: max(x, 0.0), "sigmoid": lambda x: 1 / (1 + math.exp(-x)), "tanh": math.tanh}
    here = f[shown.activation]
    assert slope["d"] == pytest.approx((here(slope["u"] + step) - here(slope["u"] - step)) / (2 * step), abs=1e-4)
    names: dict[str, Any] = {}
    with contextlib.redirect_stdout(io.StringIO()):
        exec(LESSON.functions.code(shown), names)
    assert names["x"].grad.item() == pytest.approx(slope["d"], abs=1e-3)
    assert (names["labels"].numpy() == shown.decision.labels).mean() > 0.999


def test_the_default_makes_the_point_and_the_steps_go_on() -> None:
    shown = result_of(LESSON)
    assert _changed(shown) == "sigmoid" and LESSON.guess.compare("logits", shown, "sigmoid").right
    assert shown.now.softmax.max() < 0.9, "a pixel about which the network doubts"
    assert _changed(result_of(LESSON, constant=0)) == "neither"
    assert _changed(result_of(LESSON, constant=0, temperature=2.0)) == "both"
    several = [(each.decision.answers > 1).mean() for each in (shown, result_of(LESSON, squash="sigmoid"))]
    assert several[0] == 0 < several[1]
    warm = result_of(LESSON, **LESSON.steps["warm"])
    plain = result_of(LESSON, constant=0, threshold=0.0)
    np.testing.assert_array_equal(
        np.where(warm.decision.labels == IGNORE, plain.decision.labels, warm.decision.labels), plain.decision.labels
    )
    assert shown.clean is not None and shown.noisy is not None and warm.clean is not None
    assert shown.clean.pixels != warm.clean.pixels and shown.tested


def test_questions_are_answered_by_reckoning() -> None:
    shown = result_of(LESSON)
    answers = {LESSON.functions.check(shown, Random(seed)).answer for seed in range(12)}
    assert answers == {"sigmoid", "lower", "higher"}


def test_without_an_exam_a_sentence_says_how_to_get_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reliability_diagram, "tested_scene", lambda _world: None)
    page = open_lesson("logits", squash="sigmoid")
    reveal(page, "logits")
    assert [info.value for info in page.info] == [t("lesson.logits.no_exam")]
    table = next(each.proto.body for each in page.get("html") if "softmax(u)" in each.proto.body)
    assert table.count("→") == 2 * len(result_of(LESSON).order[:SHOWN])
