"""Charts of a few named lines, drawn by Plotly with a fixed height and a text alternative.

show          numbers against numbers
show_places   numbers at a few named places, such as severities, from lines of `at_places`
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import plotly.graph_objects as go
import streamlit as st

from segcore.types import Colour

HEIGHT = 300

_SYMBOLS = ("circle", "square", "diamond", "triangle-up", "x", "star")
_DASHES = ("solid", "dash", "dot", "dashdot")


@dataclass(frozen=True)
class Line:
    """One line.

    Attributes:
        name: in the legend; text of any origin.
        x: horizontal values.
        y: vertical values; None or NaN leaves a gap.
        colour: "#rrggbb", visible on light and on dark ground.
        dash: of Plotly, so that lines differ by more than colour.
        width: in pixels; 0 draws points only.
        symbol: of Plotly, for the points; empty draws none.
    """

    name: str
    x: Sequence[float]
    y: Sequence[float | None]
    colour: str
    dash: str = "solid"
    width: int = 2
    symbol: str = ""


def at_places(name: str, values: Sequence[float], colour: Colour, *, bold: bool = False) -> Line:
    """A line through the places 0, 1, 2 …; bold for the line in focus."""
    return Line(name, range(len(values)), values, "#{:02x}{:02x}{:02x}".format(*colour), width=4 if bold else 2)


def show(
    lines: Sequence[Line],
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
    """Draw lines.

    Args:
        lines: the first is drawn lowest.
        key: of the chart.
        x: title of the horizontal axis.
        y: title of the vertical axis.
        alt: the text alternative, a sentence with numbers.
        height: in pixels, so that nothing jumps.
        x_axis: further options of Plotly, such as {"type": "log"}.
        y_axis: likewise.
        under: a map below the lines.
    """
    draw(figure(lines, x=x, y=y, x_axis=x_axis, y_axis=y_axis, under=under), key, height, alt)


def show_places(
    lines: Sequence[Line],
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
    """Draw lines over a few places; they differ by colour, marks and dashes.

    Args:
        lines: made by `at_places`, of equal lengths.
        ticks: label of each place.
        key: of the chart.
        x: title of the horizontal axis.
        y: title of the vertical axis.
        alt: the text alternative, a sentence with numbers.
        at: the current place, marked by a thin vertical line.
        y_range: of the vertical axis; None: from the values.
        height: in pixels.
    """
    marked = [
        replace(line, dash=_DASHES[index % len(_DASHES)], symbol=_SYMBOLS[index % len(_SYMBOLS)])
        for index, line in enumerate(lines)
    ]
    x_axis = {"tickvals": list(range(len(ticks))), "ticktext": list(ticks), "range": [-0.2, len(ticks) - 0.8]}
    chart = figure(marked, x=x, y=y, x_axis=x_axis, y_axis={"range": list(y_range) if y_range else None})
    chart.update_layout(hovermode="x unified")
    chart.update_traces(hovertemplate="%{y:.3f}")
    if at is not None:
        chart.add_vline(x=at, line_width=1, line_dash="dot", line_color="#888888")
    draw(chart, key, height, alt)


def draw(chart: go.Figure, key: str, height: int, alt: str) -> None:
    """Draw any Plotly figure without its toolbar."""
    st.plotly_chart(chart, key=key, height=height, config={"displaylogo": False, "displayModeBar": False}, alt=alt)


def figure(
    lines: Sequence[Line],
    *,
    x: str,
    y: str,
    x_axis: dict[str, Any] | None = None,
    y_axis: dict[str, Any] | None = None,
    under: go.Contour | None = None,
) -> go.Figure:
    """The chart itself; arguments as for `show`."""
    chart = go.Figure() if under is None else go.Figure(under)
    for line in lines:
        mode = "+".join(part for part, wanted in (("lines", line.width), ("markers", line.symbol)) if wanted)
        chart.add_scatter(
            x=list(line.x),
            y=list(line.y),
            name=escaped(line.name),
            mode=mode,
            line={"color": line.colour, "dash": line.dash, "width": line.width or 1},
            marker={"symbol": line.symbol or "circle", "size": 9, "color": line.colour},
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
