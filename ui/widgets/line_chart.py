"""Charts of a few named lines, drawn by Plotly, with a fixed height and a sentence for screen readers."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import plotly.graph_objects as go
import streamlit as st

from segcore.types import Colour
from ui.widgets.tables import css

HEIGHT = 300
DASHES = ("solid", "dash", "dot", "dashdot", "longdash")
"""Dashes of lines side by side, so that they differ by more than their colour."""
SYMBOLS = ("circle", "square", "diamond", "triangle-up", "x", "star")
"""Marks of points, likewise."""


@dataclass(frozen=True)
class ChartLine:
    """One line, or points without a line."""

    name: str  # in the legend; plain text
    x: Sequence[float]
    y: Sequence[float | None]  # None or NaN: a gap
    colour: str | Colour  # "#rrggbb" or RGB, visible on light and on dark paper
    dash: str = "solid"  # of Plotly
    width: int = 2  # in pixels; 0 draws points only
    symbol: str = ""  # of Plotly, for the points; empty draws none


def point(name: str, x: float, y: float, colour: str | Colour, symbol: str = "circle") -> ChartLine:
    """Return a single point."""
    return ChartLine(name, [x], [y], colour, width=0, symbol=symbol)


def at_places(name: str, values: Sequence[float], colour: Colour, *, bold: bool = False) -> ChartLine:
    """Return a line through the places 0, 1, 2 …; a bold one is the main line."""
    return ChartLine(name, range(len(values)), values, colour, width=4 if bold else 2)


def show(
    lines: Sequence[ChartLine],
    *,
    key: str,
    x: str,
    y: str,
    alt: str,
    height: int = HEIGHT,
    x_axis: dict[str, Any] | None = None,
    y_axis: dict[str, Any] | None = None,
    under: go.Contour | None = None,
) -> None:
    """Draw lines, the first lowest, between axes with the titles x and y; the height is in pixels.

    ``alt`` is the content in a sentence with numbers. ``x_axis`` and ``y_axis`` are further Plotly properties of the
    axes, such as {"type": "log"}; ``under`` is a map below the lines.
    """
    draw(figure(lines, x=x, y=y, x_axis=x_axis, y_axis=y_axis, under=under), key, height, alt)


def show_places(
    lines: Sequence[ChartLine],
    ticks: Sequence[str],
    *,
    key: str,
    x: str,
    y: str,
    alt: str,
    at: int | None = None,
    y_range: tuple[float, float] | None = (0.0, 1.02),
    height: int = HEIGHT,
) -> None:
    """Draw lines made by `at_places`, of equal lengths, over named places; other arguments as for `show`.

    They differ by colour, marks and dashes. A thin vertical line shows the selected place ``at``. Without ``y_range``
    the vertical axis is fitted to the values.
    """
    x_axis = {"tickvals": list(range(len(ticks))), "ticktext": list(ticks), "range": [-0.2, len(ticks) - 0.8]}
    chart = figure(marked(lines), x=x, y=y, x_axis=x_axis, y_axis={"range": list(y_range) if y_range else None})
    chart.update_layout(hovermode="x unified")
    chart.update_traces(hovertemplate="%{y:.3f}")
    if at is not None:
        chart.add_vline(x=at, line_width=1, line_dash="dot", line_color="#888888")
    draw(chart, key, height, alt)


def marked(lines: Iterable[ChartLine]) -> list[ChartLine]:
    """The same lines with different marks and dashes."""
    return [
        replace(line, dash=DASHES[index % 4], symbol=SYMBOLS[index % len(SYMBOLS)]) for index, line in enumerate(lines)
    ]


def draw(chart: go.Figure, key: str, height: int, alt: str) -> None:
    """Draw any Plotly figure without its toolbar."""
    st.plotly_chart(chart, key=key, height=height, config={"displaylogo": False, "displayModeBar": False}, alt=alt)


def figure(
    lines: Sequence[ChartLine],
    *,
    x: str,
    y: str,
    x_axis: dict[str, Any] | None = None,
    y_axis: dict[str, Any] | None = None,
    under: go.Contour | None = None,
) -> go.Figure:
    """Return the chart itself; arguments as for `show`."""
    chart = go.Figure(under)
    for line in lines:
        mode = "+".join(part for part, wanted in (("lines", line.width), ("markers", line.symbol)) if wanted)
        colour = line.colour if isinstance(line.colour, str) else css(line.colour)
        chart.add_scatter(
            x=list(line.x),
            y=list(line.y),
            name=escaped(line.name),
            mode=mode,
            line={"color": colour, "dash": line.dash, "width": line.width or 1},
            marker={"symbol": line.symbol or "circle", "size": 9, "color": colour},
        )
    return laid_out(chart, x, y, x_axis, y_axis)


def laid_out(
    chart: go.Figure,
    x: str,
    y: str,
    x_axis: dict[str, Any] | None = None,
    y_axis: dict[str, Any] | None = None,
    **layout: Any,
) -> go.Figure:
    """The same figure with small margins, the legend above it and titled axes."""
    chart.update_layout(
        margin={"l": 10, "r": 10, "t": 10, "b": 10},
        legend={"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"},
        xaxis={"title": x, **(x_axis or {})},
        yaxis={"title": y, **(y_axis or {})},
        **layout,
    )
    return chart


def escaped(name: str) -> str:
    """A name of unknown origin for Plotly, which interprets some HTML."""
    return name.replace("&", "&amp;").replace("<", "&lt;")
