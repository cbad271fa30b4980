"""A `Chart` as the coordinates of a drawing: a static SVG needs no script and some kilobytes, however long the run.

Charts that zoom would need 4.8 MB of Plotly in every report; those are on the dashboard.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from segcore.export.sections import Chart, Series

WIDTH, HEIGHT = 640, 260
_LEFT, _RIGHT, _TOP, _BOTTOM = 52, 10, 10, 30
_LOG_FROM = 50.0
"""Where the highest is so many times the lowest, the axis is logarithmic: the lowest would be a flat line."""
_DECADES = 1e6
"""What is smaller by more than this is drawn at the bottom: a rate that ends at almost nothing hides all the rest."""


@dataclass(frozen=True)
class Tick:
    """A line of the grid and what stands beside it."""

    at: float
    text: str


@dataclass(frozen=True)
class Dot:
    """A mark and what it tells under the pointer."""

    x: float
    y: float
    text: str


@dataclass(frozen=True)
class Stroke:
    """A curve as drawn: its looks, the path, and the marks."""

    curve: Series
    path: str
    dots: Sequence[Dot]


@dataclass(frozen=True)
class Drawing:
    """What the template draws, in a plane of WIDTH × HEIGHT with y downwards.

    Attributes:
        left: where the plot begins; the others alike.
        is_log: whether y is logarithmic.
        summary: one sentence for those who do not see it: each line from its first to its last value.
    """

    left: float
    right: float
    top: float
    bottom: float
    x_ticks: Sequence[Tick]
    y_ticks: Sequence[Tick]
    strokes: Sequence[Stroke]
    is_log: bool
    summary: str


def draw(chart: Chart) -> Drawing | None:
    """The drawing of a chart, or None where it has no point."""
    found = [(x, y) for curve in chart.curves for x, y in curve.points if y is not None]
    if not found:
        return None
    lowest, highest = min(y for _, y in found), max(y for _, y in found)
    is_log = chart.bounds is None and lowest > 0 and highest / lowest > _LOG_FROM
    floor = max(lowest, highest / _DECADES) if is_log else min(0.0, lowest)
    low, high = chart.bounds or (floor, highest)
    high = high if high > low else low + 1.0
    last = max(x for x, _ in found) or 1.0
    right, bottom = WIDTH - _RIGHT, HEIGHT - _BOTTOM

    def across(x: float) -> float:
        return round(_LEFT + (right - _LEFT) * x / last, 1)

    def up(y: float) -> float:
        share = math.log(y / low) / math.log(high / low) if is_log else (y - low) / (high - low)
        return round(bottom - (bottom - _TOP) * min(max(share, 0.0), 1.0), 1)

    y_values = _powers(low, high) if is_log else _round_values(low, high, 5)
    return Drawing(
        left=_LEFT,
        right=right,
        top=_TOP,
        bottom=bottom,
        x_ticks=[Tick(across(x), digits(x)) for x in _round_values(0, last, 8)],
        y_ticks=[Tick(up(y), digits(y)) for y in y_values],
        strokes=[
            Stroke(
                curve,
                " ".join(_path((across(x), None if y is None else up(y)) for x, y in curve.points)),
                [Dot(across(x), up(y), f"{curve.name}: {digits(x)}, {digits(y)}") for x, y in _marked(curve)],
            )
            for curve in chart.curves
        ],
        is_log=is_log,
        summary=", ".join(filter(None, map(_in_words, chart.curves))),
    )


def digits(value: float) -> str:
    """A number as it is read: whole ones as they are, three digits for the others, powers where it is tiny or huge."""
    size = abs(value)
    if size and (size >= 1e6 or size < 0.01):
        figures, power = f"{value:.2e}".split("e")
        return f"{float(figures):g}e{int(power)}"
    return f"{value:.0f}" if value == round(value) or size >= 1000 else f"{value:.3g}"


def _marked(curve: Series) -> Iterator[tuple[float, float]]:
    alone = len(curve.points) == 1  # a path of one point cannot be seen
    yield from ((x, y) for x, y in curve.points if y is not None and (curve.marks or alone))


def _path(places: Iterator[tuple[float, float | None]]) -> Iterator[str]:
    pen = "M"
    for x, y in places:
        if y is None:
            pen = "M"
        else:
            yield f"{pen}{x:g} {y:g}"
            pen = "L"


def _in_words(curve: Series) -> str:
    values = [y for _, y in curve.points if y is not None]
    return f"{curve.name} {digits(values[0])} → {digits(values[-1])}" if values and not curve.is_faint else ""


def _round_values(low: float, high: float, about: int) -> list[float]:
    """Some round numbers between two others: steps of 1, 2 or 5 times a power of ten."""
    rough = (high - low) / about
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(step * power for step in (1, 2, 5, 10) if step * power >= rough)
    first = math.ceil(low / step - 1e-9)
    return [round(count * step, 12) for count in range(first, math.floor(high / step + 1e-9) + 1)]


def _powers(low: float, high: float) -> list[float]:
    """Powers of ten between two numbers; where they are few, also their doubles and fives."""
    exponents = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    steps = (1,) if high / low > 1e4 else (1, 2, 5) if high / low < 1e3 else (1, 3)
    return [step * 10.0**power for power in exponents for step in steps if low <= step * 10.0**power <= high]
