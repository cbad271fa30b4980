"""What is shown against autograd and against counting."""

import contextlib
import io
import re
from random import Random
from typing import Any

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from segcore.explain.receptive_field import Layer, path_counts
from tests.ui.learn.lesson_pages import open_lesson, result_of, reveal
from ui.learn import field_drawing, pixel_picker
from ui.learn.lessons.receptive_field import HALF, LESSON, MOST, ReceptiveFieldResult, _layers

SETTINGS: list[dict[str, Any]] = [
    {},
    dict(LESSON.steps["aspp"]),
    {"first": 1, "second": 5, "third": 18, "kernel": "5", "stride": "4", "pixel": (0, 1000)},
]


def numbers(shown: ReceptiveFieldResult, name: str) -> dict[str, float]:
    (formula,) = [formula for formula in LESSON.functions.formulas(shown) if formula.name == name]
    return dict(formula.values)


@pytest.mark.parametrize("settings", SETTINGS)
def test_formulas_and_code_agree_with_autograd(settings: dict[str, Any], little: str) -> None:
    shown = result_of(LESSON, network=little, **settings)
    names: dict[str, Any] = {}
    with contextlib.redirect_stdout(io.StringIO()):
        exec(LESSON.functions.code(shown), names)
    np.testing.assert_array_equal(names["read"].numpy(), shown.field.ways > 0)
    np.testing.assert_allclose(names["used"].numpy(), shown.heat, rtol=1e-3, atol=1e-7)

    side, cover, used = (numbers(shown, name) for name in ("side", "cover", "used"))
    rates = [int(side[f"d{index}"]) for index in range(3)]
    assert (side["k"], side["s"]) == (shown.kernel, shown.stride)
    pool = Layer(shown.stride, shown.stride)
    stacks = [[Layer(shown.kernel, dilation=rate)] for rate in rates]
    if shown.way == "chain":
        stacks = [[layer for stack in stacks for layer in stack]]
    assert side["r"] == max(len(path_counts([pool, *stack])) for stack in stacks) == shown.stride * cover["side"]
    assert cover["share"] == pytest.approx(int(names["read"].sum()) / cover["side"] ** 2)

    half, (row, col) = shown.side(HALF), shown.pixel
    rows, cols = np.mgrid[: shown.heat.shape[0], : shown.heat.shape[1]]
    inside = shown.heat[np.maximum(abs(rows - row), abs(cols - col)) <= half // 2].sum()
    assert used["inside"] == pytest.approx(inside) and used["all"] == pytest.approx(shown.heat.sum())
    assert used["share"] == pytest.approx(inside / shown.heat.sum())
    assert used["share"] >= HALF and half <= shown.side(MOST)


def test_pictures_show_the_counts_and_the_squares(little: str) -> None:
    shown = result_of(LESSON, network=little)
    assert [field.read for field in shown.fields] == [9, 25, 49] and shown.field.side == 13
    for index, field in enumerate(shown.fields):
        picture = _layers(shown, index)
        scale = picture.rgb.shape[0] // 13
        cells = picture.rgb[scale // 2 :: scale, scale // 2 :: scale]
        margin = (13 - field.side) // 2
        np.testing.assert_array_equal((cells != (250, 250, 248)).any(axis=-1), np.pad(field.ways > 0, margin))
        assert str(field.read) in picture.note
    squares = [(shown.side(MOST), (255, 255, 255))]
    assert max(field_drawing.influence_rgb(shown.image, shown.heat, shown.pixel, squares).shape) >= 256
    rgb = np.zeros((10, 12, 3), np.uint8)
    field_drawing._square(rgb, (2, 6), 9, 1, (255, 255, 255))
    assert rgb[0, 2:11].all() and not rgb[:, :2].any() and not rgb[7:].any()


def test_questions_have_one_full_field_that_is_large_enough(little: str) -> None:
    shown = result_of(LESSON, network=little)
    for seed in range(12):
        question = LESSON.functions.check(shown, Random(seed))
        goal = int(re.findall(r"\d+", question.text)[-1])
        good = []
        for value in question.options:
            rates = list(map(int, value.split("-")))
            side = 1 + 2 * sum(rates)
            x = torch.zeros(1, 1, side, requires_grad=True)
            y = x
            for rate in rates:
                y = F.conv1d(y, torch.ones(1, 1, 3), dilation=rate)
            y.sum().backward()
            assert x.grad is not None
            if side >= goal and bool((x.grad > 0).all()):
                good.append(value)
        assert good == [question.answer]


def test_the_guess_is_judged_and_a_press_asks_about_another_pixel(little: str, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = result_of(LESSON, network=little)
    assert LESSON.guess.compare("receptive_field", shown, 0.3).right
    assert not LESSON.guess.compare("receptive_field", shown, 1.0).right
    presses = [(40, 960)]
    monkeypatch.setattr(pixel_picker, "press", lambda *_, **__: presses.pop() if presses else None)
    page = open_lesson("receptive_field", network=little)
    assert presses, "nothing can be pressed before the guess"
    reveal(page, "receptive_field")
    assert page.query_params["pixel"] == "40.960"
