"""What is shown against PyTorch and against counting pixels."""

import contextlib
import io
import re
from random import Random
from typing import Any

import numpy as np
import pytest

from segcore.explain.downsampling import STRIDES, ceiling, draw_object
from tests.ui.learn.lesson_pages import result_of
from ui.learn import colours
from ui.learn.lessons.downsampling import LESSON, PAPER, SCALE, DownsamplingResult, _painted
from ui.learn.outcomes import outcome_rgb

SETTINGS: list[dict[str, Any]] = [
    *({}, *(dict(step) for step in LESSON.steps.values())),
    {"thing": "wire", "width": 5, "stride": "8", "offset": 31, "way": "max"},
    {"thing": "disc", "width": 24, "stride": "32", "offset": 9},
    {"thing": "disc", "width": 1, "stride": "1", "way": "pick"},
]


def numbers(shown: DownsamplingResult, name: str) -> dict[str, float]:
    (formula,) = [formula for formula in LESSON.functions.formulas(shown) if formula.name == name]
    return dict(formula.values)


@pytest.mark.parametrize("settings", SETTINGS)
def test_formulas_code_and_picture_agree(settings: dict[str, Any]) -> None:
    shown = result_of(LESSON, **settings)
    values = numbers(shown, "iou")
    names: dict[str, Any] = {}
    with contextlib.redirect_stdout(io.StringIO()):
        exec(LESSON.functions.code(shown), names)
    np.testing.assert_array_equal(names["truth"].bool().numpy(), shown.ceiling.ground_truth)
    np.testing.assert_allclose(names["cells"][0, 0].numpy(), shown.ceiling.cells, atol=1e-6)
    assert names["best"] == pytest.approx(values["iou"], abs=1e-6)
    assert values["iou"] == pytest.approx(values["tp"] / (values["tp"] + values["fp"] + values["fn"]))
    picture = outcome_rgb(shown.ceiling.upsampled, shown.ceiling.ground_truth, PAPER)
    for name, colour in (
        ("tp", colours.TRUE_POSITIVE),
        ("fp", colours.FALSE_POSITIVE),
        ("fn", colours.FALSE_NEGATIVE),
    ):
        assert (picture == colour).all(axis=-1).sum() == values[name]

    cell, count = numbers(shown, "cell"), numbers(shown, "numbers")
    block = shown.ceiling.ground_truth[
        int(cell["r"] * cell["s"]) : int((cell["r"] + 1) * cell["s"]),
        int(cell["c"] * cell["s"]) : int((cell["c"] + 1) * cell["s"]),
    ]
    assert (block.sum(), block.size - block.sum()) == (cell["f"], cell["e"])
    kept = {"mean": block.mean(), "max": block.max(), "pick": block[0, 0]}[shown.way]
    assert cell["x"] == pytest.approx(float(kept))
    assert count["n"] == (count["side"] / count["s"]) ** 2


def test_charts_pass_through_the_present_setting() -> None:
    for settings in SETTINGS:
        shown = result_of(LESSON, **settings)
        assert shown.by_offset[shown.way][shown.offset] == shown.ceiling.iou
        if shown.ceiling.stride > 1:
            assert shown.by_width[shown.ceiling.stride][shown.width - 1] == shown.ceiling.iou


def test_the_default_makes_the_point_and_the_guess_is_judged_by_it() -> None:
    shown = result_of(LESSON)
    assert shown.ceiling.iou == 3 / 16
    assert LESSON.guess.compare("downsampling", shown, 0.2).right
    assert not LESSON.guess.compare("downsampling", shown, 0.5).right
    assert result_of(LESSON, offset=5, way="pick").ceiling.iou == 0


def test_the_answer_is_the_last_stride_that_reaches_half() -> None:
    for seed in range(12):
        shown = result_of(LESSON, offset=seed, thing=("pole", "wire", "disc")[seed % 3])
        question = LESSON.functions.check(shown, Random(seed))
        width, offset = map(int, re.findall(r"\d+", question.text)[:2])
        reached = {stride: ceiling(draw_object(shown.thing, width, offset), stride).iou >= 0.5 for stride in STRIDES}
        assert reached[int(question.answer)]
        assert not any(reached[stride] for stride in STRIDES if stride > int(question.answer))


def test_lines_lie_between_cells() -> None:
    picture = _painted(np.ones((16, 16)), 8)
    assert picture.shape == (16 * SCALE, 16 * SCALE, 3)
    ruled = [row for row in range(len(picture)) if (picture[row] == picture[row, 0]).all()]
    assert ruled == [0, 1, 8 * SCALE, 8 * SCALE + 1]
