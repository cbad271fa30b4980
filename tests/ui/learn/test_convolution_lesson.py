"""What is shown against PyTorch and against counting."""

import contextlib
import io
import math
import re
from random import Random
from typing import Any

import pytest
import torch
from torch.nn import functional as F

from segcore.errors import BadConfig
from tests.ui.learn.lesson_pages import open_lesson, open_sections, result_of, reveal
from ui.components.cells import CellPlace
from ui.learn.convolution_grids import input_grid, links, output_grid, products_grid
from ui.learn.lessons.convolution import LESSON, SIDE, ConvolutionResult

SETTINGS: list[dict[str, Any]] = [
    {},
    {"stride": 2, "padding": 1, "cell": (4, 4)},
    {"kernel": "blur5", "padding": 2, "dilation": 2, "picture": "cross", "cell": (0, 0)},
    {"kernel": "outline", "picture": "photo", "border": "reflect", "padding": 1, "cell": (8, 0), "pixels": (0, 40)},
    {
        "kernel": "own",
        "weights": (0.25, -1.0, 0.0, 0.1111, 2.0, 0.0, 0.0, 0.0, -99.0),
        "picture": "photo",
        "cell": (1, 6),
    },
    {"kernel": "own", "weights": (0.0,) * 9},
    {"kernel": "sharpen", "picture": "dot", "stride": 3, "border": "replicate", "padding": 2, "pixels": (80,)},
]


def numbers(shown: ConvolutionResult, name: str) -> dict[str, float]:
    (formula,) = [formula for formula in LESSON.functions.formulas(shown) if formula.name == name]
    return dict(formula.values)


@pytest.mark.parametrize("settings", SETTINGS)
def test_both_formulas_are_right_reckoned_again(settings: dict[str, Any]) -> None:
    shown = result_of(LESSON, **settings)
    values = numbers(shown, "cell")
    count = len(shown.convolution.kernel) ** 2
    assert values["y"] == pytest.approx(math.fsum(values[f"w{i}"] * values[f"x{i}"] for i in range(count)))
    size = numbers(shown, "size")
    n, p, d, k, s = (int(size[name]) for name in "npdks")
    assert size["o"] == math.floor((n + 2 * p - d * (k - 1) - 1) / s) + 1

    conv = shown.convolution
    padded = F.pad(torch.tensor(conv.image)[None, None], (p,) * 4, mode=shown.border)
    theirs = F.conv2d(padded, torch.tensor(conv.kernel)[None, None], stride=s, dilation=d)[0, 0]
    assert theirs.shape == (size["o"], size["o"])
    assert values["y"] == pytest.approx(float(theirs[shown.row, shown.col]))


@pytest.mark.parametrize("settings", SETTINGS)
def test_the_code_prints_what_is_seen(settings: dict[str, Any]) -> None:
    shown = result_of(LESSON, **settings)
    names: dict[str, Any] = {}
    with contextlib.redirect_stdout(io.StringIO()):
        exec(LESSON.functions.code(shown), names)
    torch.testing.assert_close(names["output"].double(), torch.tensor(shown.convolution.output), atol=2e-3, rtol=0)


@pytest.mark.parametrize("settings", SETTINGS)
def test_cells_show_the_arrays_and_links_are_windows(settings: dict[str, Any]) -> None:
    shown = result_of(LESSON, **settings)
    conv = shown.convolution
    linked = links(conv, shown.row, shown.col)
    for grid, values in ((input_grid(conv), conv.padded), (output_grid(conv), conv.output)):
        assert (len(grid.rows), len(grid.rows[0])) == values.shape
        for row, cells in enumerate(grid.rows):
            for col, cell in enumerate(cells):
                assert float(cell.text) == pytest.approx(values[row, col], abs=0.006 * max(1, abs(values[row, col])))
    total = sum(float(cell.text) for row in products_grid(conv, shown.row, shown.col).rows for cell in row)
    assert total == pytest.approx(shown.value, abs=0.06)
    hatched = {
        (r, c) for r, row in enumerate(input_grid(conv).rows) for c, cell in enumerate(row) if cell.mark == "hatched"
    }
    read = {(place.row, place.col) for name, places in linked.items() if name.grid == "output" for place in places}
    assert not hatched & read and len(hatched) + len(read) == conv.padded.size
    for place in linked[CellPlace("output", shown.row, shown.col)]:
        assert CellPlace("output", shown.row, shown.col) in linked[place]


def test_the_guess_is_judged_by_the_number() -> None:
    assert LESSON.guess.compare("convolution", result_of(LESSON), "positive").right
    assert not LESSON.guess.compare("convolution", result_of(LESSON), "negative").right
    flat = result_of(LESSON, cell=(0, 0))
    assert LESSON.guess.compare("convolution", flat, "zero").right


def test_questions_ask_for_what_pytorch_says() -> None:
    for seed in range(20):
        shown = result_of(LESSON, kernel=("edges", "blur5")[seed % 2], stride=1 + seed % 3)
        question = LESSON.functions.check(shown, Random(seed))
        n, _, k, _, s, p, d = map(int, re.findall(r"\d+", question.text))  # "… 9 × 9 …, 3 × 3. With stride 2, …"
        theirs = F.conv2d(torch.zeros(1, 1, n, n), torch.zeros(1, 1, k, k), stride=s, padding=p, dilation=d)
        assert question.answer == str(theirs.shape[-1])
        assert question.options[question.answer] == f"{theirs.shape[-1]} × {theirs.shape[-1]}"


def test_a_kernel_that_does_not_fit_gets_a_sentence_and_the_controls_stay() -> None:
    with pytest.raises(BadConfig, match="13 pixels"):
        result_of(LESSON, kernel="blur5", dilation=3)
    page = open_lesson("convolution", kernel="blur5", dilation="3")
    assert "13 pixels" in page.error[0].value
    page = open_lesson("convolution")
    reveal(page, "convolution")
    page.selectbox(key="learn.convolution.kernel").select("blur5")
    page.slider(key="learn.convolution.dilation").set_value(3).run()
    assert "13 pixels" in page.error[0].value
    page.slider(key="learn.convolution.dilation").set_value(1).run()
    assert not page.error and page.radio


def test_painting_turns_exactly_those_pixels() -> None:
    pixels = tuple(range(0, SIDE * SIDE, 7))
    before, once = (result_of(LESSON, pixels=which).convolution.image.ravel() for which in ((), pixels))
    turned = [pixel for pixel in range(SIDE * SIDE) if once[pixel] != before[pixel]]
    assert tuple(turned) == pixels
    assert all(once[pixel] == 1 - before[pixel] for pixel in pixels)


def test_a_learner_types_weights_and_the_address_tells_them() -> None:
    page = open_lesson("convolution", kernel="own", weights="0_0_0_0_1_0_0_0_0")
    reveal(page, "convolution")
    field = "learn.convolution.weights.{}".format
    assert [page.text_input(key=field(index)).value for index in range(9)] == [*"000010000"]
    page.text_input(key=field(0)).set_value("−0,5").run()
    page.text_input(key=field(8)).set_value("1/3").run()
    assert page.query_params["weights"] == "-0.5_0_0_0_1_0_0_0_0.3333"
    open_sections(page, "convolution")
    assert "-0.5" in page.code[0].value and "0.3333" in page.code[0].value

    for nonsense in ("", "a*b", "1e999", "nan", "1/0", "100"):
        page.text_input(key=field(4)).set_value(nonsense).run()
        assert not page.exception and len(page.error) == 1
        assert "Row 2, column 2" in page.error[0].value and "−99" in page.error[0].value
        assert page.text_input(key=field(4)).value == nonsense, "nothing that was typed is lost"
        assert page.query_params["weights"] == "-0.5_0_0_0_1_0_0_0_0.3333"
    page.text_input(key=field(4)).set_value("2").run()
    assert not page.error and page.query_params["weights"].split("_")[4] == "2"
    page.selectbox(key="learn.convolution.kernel").select("blur").run()
    assert not page.text_input and page.query_params["weights"].split("_")[4] == "2"
    page.selectbox(key="learn.convolution.kernel").select("own").run()
    assert page.text_input(key=field(4)).value == "2", "they are there again"


@pytest.mark.parametrize("broken", ["1_2", "1_2_3_4_5_6_7_8_x", "1_2_3_4_5_6_7_8_100", "_".join("1" * 10), ""])
def test_weights_of_a_broken_address_are_left_alone(broken: str) -> None:
    control = next(each for each in LESSON.more if each.name == "weights")
    with pytest.raises(ValueError):
        control.read(broken)
    assert control.read(control.write((0.1111, *range(1, 9)))) == (0.1111, *range(1, 9))
