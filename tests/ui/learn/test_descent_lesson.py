"""What is shown, reckoned again."""

import ast
import contextlib
import io
import math
import re
from random import Random
from typing import Any

import pytest

from tests.ui.learn.lesson_pages import open_lesson, result_of, reveal
from ui.learn.landing_map import SIDE_PX, map_rgb, place_of, weights_at
from ui.learn.lessons.descent import LESSON, STEPS, DescentResult
from ui.widgets import job_panel

SETTINGS: list[dict[str, Any]] = [
    {},
    {"rate": "300", "step": STEPS},
    {"optimiser": "momentum", "rate": "3", "step": 1},
    {"optimiser": "momentum", "rate": "30", "step": 7, "batch": "32"},
    {"optimiser": "adam", "rate": "1", "step": 1},
    {"optimiser": "adam", "rate": "10", "step": 25, "start": "valley", "batch": "32"},
]


def numbers(shown: DescentResult, name: str) -> dict[str, float]:
    (formula,) = [formula for formula in LESSON.functions.formulas(shown) if formula.name == name]
    return dict(formula.values)


@pytest.mark.parametrize("settings", SETTINGS)
def test_all_formulas_are_right_reckoned_again(settings: dict[str, Any]) -> None:
    shown = result_of(LESSON, **settings)
    step = numbers(shown, "step")
    for i in "12":
        match shown.optimiser:
            case "sgd":
                moved = step[f"g{i}"]
            case "momentum":
                kept = numbers(shown, "kept")
                assert kept[f"v{i}"] == pytest.approx(kept["mu"] * kept[f"u{i}"] + kept[f"g{i}"])
                moved = step[f"v{i}"]
            case _:
                moved = step[f"m{i}"] / step[f"r{i}"]
        assert step[f"a{i}"] == pytest.approx(step[f"w{i}"] - step["eta"] * moved)
    if shown.optimiser == "adam":
        kept = numbers(shown, "kept")
        assert kept["mean"] == pytest.approx(kept["m"] / (1 - kept["b"] ** kept["k"])) == step["m1"]
    promise = numbers(shown, "promise")
    assert promise["promise"] == pytest.approx(promise["g1"] * promise["d1"] + promise["g2"] * promise["d2"])
    if shown.step < STEPS:
        came = numbers(shown, "came")
        assert came["change"] == pytest.approx(came["after"] - came["before"])
        assert came["after"] == shown.strides[shown.step].loss


@pytest.mark.parametrize("settings", SETTINGS)
def test_the_code_ends_where_the_path_is(settings: dict[str, Any]) -> None:
    shown = result_of(LESSON, **settings)
    with contextlib.redirect_stdout(io.StringIO()) as said:
        exec(LESSON.functions.code(shown), {})
    assert ast.literal_eval(said.getvalue()) == pytest.approx(shown.stride.after)


def test_the_default_makes_the_point() -> None:
    """The first step crosses the valley: the slope promised far more than came."""
    shown = result_of(LESSON)
    lowest = (6.1, 6.0)
    assert all(value > low + 2 for value, low in zip(shown.stride.after, lowest, strict=True))
    assert numbers(shown, "promise")["promise"] < 2 * numbers(shown, "came")["change"] < 0
    w1, w2 = shown.stride.after
    assert LESSON.guess.compare("descent", shown, (w1, w2)).right
    assert LESSON.guess.compare("descent", shown, (w1 + 1.9, w2 - 1.9)).right
    assert not LESSON.guess.compare("descent", shown, lowest).right


@pytest.mark.parametrize(
    ("step", "holds"),
    [
        (
            "small",
            lambda shown: all(after < low - 1 for after, low in zip(shown.stride.after, (6.1, 6.0), strict=True)),
        ),
        ("momentum", lambda shown: shown.stride.after[0] > 7 and min(s.loss for s in shown.strides[:12]) < 0.33),
        ("adam", lambda shown: shown.stride.after == pytest.approx((-3, -1), abs=1e-6)),
        ("batch", lambda shown: len({round(s.gradient[0] / s.gradient[1]) for s in shown.strides[20:]}) > 2),
    ],
)
def test_each_step_shows_what_its_text_says(step: str, holds: Any) -> None:
    settings = LESSON.steps[step]
    assert holds(result_of(LESSON, **settings))


def test_places_of_the_guessing_map() -> None:
    assert place_of((-6.0, -6.0)) == (1, 0)
    assert place_of((14.0, 14.0)) == (0, 1)
    assert place_of((500.0, -500.0)) == (1, 1), "off the map: its edge"
    assert weights_at(place_of((-3.2, 2.9))) == pytest.approx((-3.2, 2.9))
    rgb = map_rgb()
    low, high = (round(SIDE_PX * share) for share in place_of((6.1, 6.0))), (SIDE_PX - 1, 0)
    assert rgb[tuple(low)].sum() > rgb[high].sum(), "dark is a high loss"


def test_questions_are_answered_by_one_step() -> None:
    for seed in range(20):
        shown = result_of(LESSON, step=1 + seed, optimiser=("sgd", "adam")[seed % 2])
        question = LESSON.functions.check(shown, Random(seed))
        rate = float(re.findall(r"η = ([\d.]+)", question.text)[0])
        right = shown.stride.before[0] - rate * shown.stride.gradient[0]
        assert float(question.options["right"]) == pytest.approx(right, rel=6e-3, abs=1e-3)


def test_the_trained_networks_are_drawn_and_one_button_starts_them(monkeypatch: pytest.MonkeyPatch) -> None:
    page = open_lesson("descent")
    assert any("-0.174" in element.value for element in page.markdown), "what is needed for the guess is told"
    reveal(page, "descent")
    assert "learn.descent.rates.start" in [button.key for button in page.button]
    result = {"rates": [0.1, 10.0], "losses": [[2.0, 1.0], [2.0, 9.5]]}
    monkeypatch.setattr(job_panel, "panel", lambda *args, **options: result)
    page = open_lesson("descent")
    reveal(page, "descent")
    (body,) = [element.proto.body for element in page.get("html") if "<table>" in element.proto.body]
    assert "9.50" in body and "5.75" in body
    assert not math.isnan(result_of(LESSON).stride.loss)
