"""A `Chart` as SVG coordinates: a static drawing of a few kilobytes, without scripts, however long the run.

Interactive charts would add 4.8 MB of Plotly to every report; the dashboard has those.
"""

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from segcore.export.sections import Chart, Series

WIDTH, HEIGHT = 640, 260
LEFT, RIGHT, TOP, BOTTOM = 52, WIDTH - 10, 10, HEIGHT - 30
"""Edges of the plot area in a plane of WIDTH × HEIGHT with y downwards."""
_LOG_FROM = 50.0
"""The axis is logarithmic if the highest value exceeds this multiple of the lowest: small values would look flat."""
_DECADES = 1e6
"""Values smaller than the highest by more than this factor are drawn at the bottom of a logarithmic axis."""


class Tick(NamedTuple):
    """A grid line and its label."""

    at: float
    text: str


class Dot(NamedTuple):
    """A marker and its tooltip."""

    x: float
    y: float
    text: str


class Stroke(NamedTuple):
    """A curve: its style, its SVG path and its markers; a cross is a NaN."""

    curve: Series
    path: str
    dots: Sequence[Dot]
    crosses: Sequence[Dot]


class Drawing(NamedTuple):
    """The axes and curves of a chart; the summary, for screen readers, has the first and last value of each line."""

    x_ticks: Sequence[Tick]
    y_ticks: Sequence[Tick]
    strokes: Sequence[Stroke]
    is_log: bool
    summary: str


def draw(chart: Chart) -> Drawing | None:
    """The drawing of a chart; None if it has no points."""
    points = [(x, y) for curve in chart.curves for x, y in curve.points if y is not None]
    if not points:
        return None
    lowest, highest = min(y for _, y in points), max(y for _, y in points)
    is_log = chart.bounds is None and lowest > 0 and highest / lowest > _LOG_FROM
    floor = max(lowest, highest / _DECADES) if is_log else min(0.0, lowest)
    low, high = chart.bounds or (floor, highest)
    high = high if high > low else low + 1.0
    last = max(x for x, _ in points) or 1.0

    def across(x: float) -> float:
        return round(LEFT + (RIGHT - LEFT) * x / last, 1)

    def up(y: float) -> float:
        share = math.log(y / low) / math.log(high / low) if is_log else (y - low) / (high - low)
        return round(BOTTOM - (BOTTOM - TOP) * min(max(share, 0.0), 1.0), 1)

    y_values = _powers(low, high) if is_log else _round_values(low, high, 5)
    return Drawing(
        x_ticks=[Tick(across(x), digits(x)) for x in _round_values(0, last, 8)],
        y_ticks=[Tick(up(y), digits(y)) for y in y_values],
        strokes=[
            Stroke(
                curve,
                " ".join(_path((across(x), None if y is None else up(y)) for x, y in curve.points)),
                [
                    Dot(across(x), up(y), f"{curve.name}: {digits(x)}, {digits(y)}")
                    for x, y in curve.points
                    if y is not None and (curve.marks or len(curve.points) == 1)  # a path of one point is invisible
                ],
                [Dot(across(x), up(y), f"{curve.name}: {digits(x)}, NaN") for x, y in _gaps(curve)],
            )
            for curve in chart.curves
        ],
        is_log=is_log,
        summary=", ".join(filter(None, map(_summary, chart.curves))),
    )


def digits(value: float) -> str:
    """A short number: integers in full, others with three digits, tiny and huge ones with an exponent."""
    size = abs(value)
    if size and (size >= 1e6 or size < 0.01):
        figures, power = f"{value:.2e}".split("e")
        return f"{float(figures):g}e{int(power)}"
    return f"{value:.0f}" if value == round(value) or size >= 1000 else f"{value:.3g}"


def _path(places: Iterator[tuple[float, float | None]]) -> Iterator[str]:
    pen = "M"
    for x, y in places:
        if y is None:
            pen = "M"
        else:
            yield f"{pen}{x:g} {y:g}"
            pen = "L"


def _gaps(curve: Series) -> Iterator[tuple[float, float]]:
    """The x of every NaN, and the number before it, or after it at the beginning."""
    height = next((y for _, y in curve.points if y is not None), None)
    if height is None or not curve.gaps_are_nan:
        return
    for x, y in curve.points:
        if y is None:
            yield x, height
        else:
            height = y


def _summary(curve: Series) -> str:
    values = [y for _, y in curve.points if y is not None]
    return f"{curve.name} {digits(values[0])} → {digits(values[-1])}" if values and not curve.is_faint else ""


def _round_values(low: float, high: float, about: int) -> list[float]:
    """About ``about`` round numbers between two others, in steps of 1, 2 or 5 times a power of ten."""
    rough = (high - low) / about
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(step * power for step in (1, 2, 5, 10) if step * power >= rough)
    first = math.ceil(low / step - 1e-9)
    return [round(count * step, 12) for count in range(first, math.floor(high / step + 1e-9) + 1)]


def _powers(low: float, high: float) -> list[float]:
    """Powers of ten between two numbers, with intermediate values on short axes."""
    exponents = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    steps = (1,) if high / low > 1e4 else (1, 2, 5) if high / low < 1e3 else (1, 3)
    return [step * 10.0**power for power in exponents for step in steps if low <= step * 10.0**power <= high]
