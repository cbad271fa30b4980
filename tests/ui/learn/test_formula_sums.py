"""What stands to the right of "=" follows from the numbers on its left, in every formula of every lesson.

That the numbers on the left are true is for each lesson's own test; here the arithmetic on the screen is done again.
"""

from typing import Any

import numpy as np
import pytest

from tests.ui.learn.latex_sums import sums
from ui.learn.formulas import Formula
from ui.learn.lesson import Lesson
from ui.learn.table import LESSONS

NO_SUMS = {
    ("tasks", "nearest"),  # the place of the least, not a sum
    ("downsampling", "cell"),  # for some ways of downsampling the value of one pixel
    ("skips", "dial"),  # maps, not numbers
    ("skips", "outline"),  # P, R and F side by side
}
"""Formulas that hold no sum; their lessons' own tests reckon them again."""


@pytest.mark.parametrize("lesson", [pytest.param(lesson, id=name) for name, lesson in LESSONS.items()])
def test_the_right_side_follows_from_the_left(lesson: Lesson[Any]) -> None:
    for settings in (lesson.defaults, *(lesson.defaults | dict(step) for step in lesson.steps.values())):
        for formula in lesson.functions.formulas(lesson.functions.compute(settings)):
            if (lesson.name, formula.name) in NO_SUMS:
                continue
            for left, right in sums(formula):
                np.testing.assert_allclose(left, right, rtol=2e-3, atol=1e-6, err_msg=f"{formula.name} {settings}")


def test_no_exception_is_left_over() -> None:
    for name, formula in NO_SUMS:
        lesson = LESSONS[name]
        assert formula in [each.name for each in lesson.functions.formulas(lesson.functions.compute(lesson.defaults))]


@pytest.mark.parametrize(
    ("numbers", "sides"),
    [
        (r"\frac{@a@ + 1}{@b@} = @c@", [(3 / 4, 7)]),
        (r"y_{1,2} = (@a@)\cdot @b@ \\ {} + @c@ = @a@", [(15, 2)]),
        (r"e^{-(@a@)} = \frac{2\cdot @b@}{@c@} = 1", [(np.exp(-2), 8 / 7)]),
        (r"[\,@a@ > @b@\,] = @c@", [(0, 7)]),
        (r"\left\lfloor \frac{@c@}{@a@} \right\rfloor + 1 = @b@,\quad @c@ - @b@ = @a@", [(4, 4), (3, 2)]),
        (r"\left\lceil @c@/@a@ \right\rceil^2 : @b@ = @a@ : @c@", [([16, 4], [2, 7])]),
        (r"@a@^2 \Big(@b@\Big) = \max(@a@, @c@)", [(16, 7)]),
    ],
)
def test_latex_is_read_as_arithmetic(numbers: str, sides: list[tuple[Any, Any]]) -> None:
    found = list(sums(Formula("x", "", numbers, {"a": 2, "b": 4, "c": 7})))
    assert len(found) == len(sides)
    for (left, right), (mine, other) in zip(found, sides, strict=True):
        np.testing.assert_allclose(left, mine)
        np.testing.assert_allclose(right, other)


@pytest.mark.parametrize("numbers", [r"b' = \bar @a@", "@a@", r"\unknown{@a@} = @b@"])
def test_what_cannot_be_read_is_told(numbers: str) -> None:
    with pytest.raises(ValueError, match=r"no sum|not known"):
        list(sums(Formula("x", "", numbers, {"a": 2, "b": 4})))


def test_a_wrong_number_is_found() -> None:
    (pair,) = sums(Formula("x", "", r"\frac{@a@}{@b@} = @c@", {"a": 1, "b": 2, "c": 0.51}))
    assert pair[0] != pytest.approx(pair[1], rel=2e-3)
