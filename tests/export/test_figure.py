"""A chart's coordinates say what its numbers say."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segcore.export.figure import BOTTOM, HEIGHT, TOP, WIDTH, digits, draw
from segcore.export.sections import Chart, Series

VALUES = st.floats(-1e9, 1e9) | st.floats(1e-9, 1e-3) | st.none()


def chart(*points: tuple[float, float | None], bounds: tuple[float, float] | None = None) -> Chart:
    return Chart("Loss", "Epoch", [Series("loss", points, marks=True)], bounds)


def test_higher_values_are_drawn_higher_and_later_ones_further_right() -> None:
    drawing = draw(chart((0, 1.0), (1, 0.5), (2, 0.25), bounds=(0, 1)))
    assert drawing is not None
    dots = drawing.strokes[0].dots
    assert [dot.x for dot in dots] == sorted(dot.x for dot in dots)
    assert [dot.y for dot in dots] == sorted(dot.y for dot in dots)
    middle = (TOP + BOTTOM) / 2
    assert dots[1].y == pytest.approx(middle, abs=0.1), "half of the bounds is half-way up"
    assert dots[1].text == "loss: 1, 0.5"
    assert drawing.summary == "loss 1 → 0.25"


def test_a_gap_breaks_the_line() -> None:
    drawing = draw(chart((0, 1.0), (1, None), (2, 0.5), (3, 0.5)))
    assert drawing is not None
    assert [part[0] for part in drawing.strokes[0].path.split() if part[0] in "ML"] == ["M", "M", "L"]


def test_a_nan_is_a_cross_at_the_height_of_the_number_before_it() -> None:
    points = ((0, None), (1, 1.0), (2, None), (3, 0.5), (4, None))
    curve = Series("loss", points, marks=True, gaps_are_nan=True)
    drawing = draw(Chart("Loss", "Epoch", [curve]))
    assert drawing is not None
    (stroke,) = drawing.strokes
    first, last = stroke.dots
    assert [cross.y for cross in stroke.crosses] == [first.y, first.y, last.y]
    assert stroke.crosses[1].text == "loss: 2, NaN"
    plain = draw(chart(*points))
    assert plain is not None and not plain.strokes[0].crosses, "elsewhere a gap is no NaN"


def test_a_wide_range_is_logarithmic() -> None:
    drawing = draw(chart((0, 100.0), (1, 1.0), (2, 0.01)))
    assert drawing is not None and drawing.is_log
    heights = [dot.y for dot in drawing.strokes[0].dots]
    assert heights[1] - heights[0] == pytest.approx(heights[2] - heights[1], abs=0.2)
    assert {tick.text for tick in drawing.y_ticks} >= {"0.01", "1", "100"}
    narrow = draw(chart((0, 2.0), (1, 1.0)))
    assert narrow is not None and not narrow.is_log


def test_a_chart_without_numbers_is_none() -> None:
    assert draw(chart()) is None
    assert draw(chart((0, None))) is None


@settings(deadline=None, max_examples=50, derandomize=True)
@given(st.lists(VALUES, min_size=1, max_size=20))
def test_everything_stays_inside(values: list[float | None]) -> None:
    drawing = draw(chart(*enumerate(values)))
    if all(value is None for value in values):
        assert drawing is None
        return
    assert drawing is not None
    for dot in drawing.strokes[0].dots:
        assert 0 <= dot.x <= WIDTH and 0 <= dot.y <= HEIGHT
    for tick in drawing.y_ticks:
        assert math.isfinite(tick.at) and 0 <= tick.at <= HEIGHT
    assert len(drawing.y_ticks) < 20


@pytest.mark.parametrize(
    ("value", "text"), [(0, "0"), (3, "3"), (0.25, "0.25"), (0.0008, "8e-4"), (-1.5e7, "-1.5e7"), (1234.4, "1234")]
)
def test_numbers_are_short(value: float, text: str) -> None:
    assert digits(value) == text
