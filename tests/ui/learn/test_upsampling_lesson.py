"""What is shown against PyTorch's layers, run by the lesson's own code, and against counting."""

import contextlib
import io
import math
import re
from random import Random
from typing import Any

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from tests.ui.learn.lesson_pages import result_of
from ui.components.cells import CellPlace
from ui.learn.lessons.upsampling import LESSON, READABLE, SMALL, UpsamplingResult, _links, _output

SETTINGS: list[dict[str, Any]] = [
    *({}, *(dict(step) for step in LESSON.steps.values())),
    {"kernel": 6, "stride": 4, "weights": "random", "cell": (17, 3)},
    {"way": "resize", "kernel": 4, "stride": 3, "weights": "triangle", "cell": (17, 17)},
    {"way": "bilinear", "stride": 4, "cell": (0, 9)},
    {"kernel": 2, "stride": 4, "cell": (2, 2)},
]


def numbers(shown: UpsamplingResult, name: str) -> dict[str, float]:
    return next((dict(formula.values) for formula in LESSON.functions.formulas(shown) if formula.name == name), {})


@pytest.mark.parametrize("settings", SETTINGS)
def test_code_cells_formulas_and_waves_agree(settings: dict[str, Any]) -> None:
    shown = result_of(LESSON, **settings)
    names: dict[str, Any] = {}
    with contextlib.redirect_stdout(io.StringIO()):
        exec(LESSON.functions.code(shown), names)
    theirs = names["output"].double().numpy()
    np.testing.assert_allclose(shown.found.output, theirs, atol=1e-5)
    np.testing.assert_allclose(shown.strength, names["waves"].numpy(), atol=1e-5)
    rows = _output(shown).rows
    said = [[float(cell.label.rsplit(" ", 1)[1]) for cell in row] for row in rows]
    np.testing.assert_allclose(said, theirs, atol=0.0051 * max(1, theirs.max()))
    if len(rows) <= READABLE:
        np.testing.assert_allclose([[float(cell.text) for cell in row] for row in rows], theirs, atol=0.0501)

    cell, size = numbers(shown, "cell"), numbers(shown, "size")
    down, across = (math.fsum(cell[name] for name in cell if name[0] == side) for side in "ab")
    assert down * across == pytest.approx(cell["y"]) == theirs[shown.row, shown.col]
    assert size["o"] == len(theirs)
    assert (
        size["o"] == (size["n"] - 1) * size["s"] + size["k"]
        if shown.found.way == "transposed"
        else size["n"] * size["s"]
    )
    writes = numbers(shown, "writes")
    if writes:
        assert (writes["most"], writes["least"]) == (shown.found.highest, shown.found.lowest)
        assert writes["most"] == math.ceil(writes["k"] / writes["s"]) ** 2
        assert writes["least"] == (writes["k"] // writes["s"]) ** 2


def test_links_are_what_an_output_is_made_of() -> None:
    for settings in SETTINGS[:6]:
        shown = result_of(LESSON, **settings)
        links = _links(shown)
        matrix = shown.found.matrix
        for row, col in ((0, 0), (shown.row, shown.col)):
            inputs = links[CellPlace("output", row, col)]
            total = sum(matrix[row, place.row] * matrix[col, place.col] for place in inputs)
            assert total == pytest.approx(shown.found.output[row, col])
            assert all(CellPlace("output", row, col) in links[place] for place in inputs)


@pytest.mark.parametrize(
    ("settings", "truth"),
    [({}, "above"), ({"kernel": 4}, "even"), ({"kernel": 5}, "below"), ({"way": "unpool"}, "holes")],
)
def test_the_guess_is_judged_by_the_numbers(settings: dict[str, Any], truth: str) -> None:
    shown = result_of(LESSON, **settings)
    for option in ("even", "below", "above", "holes"):
        assert LESSON.guess.compare("upsampling", shown, option).right == (option == truth)


def test_the_photo_goes_through_pytorchs_convolution_and_back() -> None:
    shown = result_of(LESSON)
    trip, values = shown.trip, numbers(shown, "inverse")
    kernel = torch.ones(1, 1, 3, 3, dtype=torch.float64)
    small = F.conv2d(torch.tensor(trip.image)[None, None], kernel, stride=2)
    back = F.conv_transpose2d(small, kernel, stride=2)[0, 0].numpy()
    back *= trip.image.mean() / back.mean()
    assert small.shape[-1] == SMALL
    np.testing.assert_allclose(trip.back, back)
    assert values["share"] == pytest.approx(values["lost"] / values["whole"])
    assert values["lost"] == pytest.approx(math.sqrt(((trip.image - back) ** 2).sum()))
    assert trip.lost / trip.whole > 0.2, "a transposed convolution is no inverse"


def test_questions_have_one_kernel_that_the_stride_divides() -> None:
    for seed in range(12):
        question = LESSON.functions.check(result_of(LESSON, stride=2 + seed % 3), Random(seed))
        (stride,) = map(int, re.findall(r"\d+", question.text))
        even = []
        for k in map(int, question.options):
            ones = F.conv_transpose2d(torch.ones(1, 1, 9, 9), torch.ones(1, 1, k, k), stride=stride)[0, 0]
            inside = ones[4 * stride : 5 * stride, 4 * stride : 5 * stride]
            if inside.min() == inside.max():
                even.append(str(k))
        assert even == [question.answer]
