"""Charts of a few named lines, drawn by Plotly, that stand still: the same height always, a sentence for each.

show          numbers against numbers
show_places   numbers at a few named places, such as severities; made of what `at_places` returns
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
        name: in the legend; text, whoever wrote it.
        x: its numbers to the right …
        y: … and upwards; None or NaN where there is none.
        colour: "#rrggbb", to be seen on light and on dark paper.
        dash: of Plotly, so that lines differ by more than their colour.
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
    """A line through the places 0, 1, 2 …; a bold one is the one that is meant."""
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
        lines: the first lies lowest.
        key: of the chart.
        x: title of the axis to the right.
        y: title of the upward axis.
        alt: what is to be seen, in a sentence with numbers.
        height: in pixels, so that nothing jumps.
        x_axis: what Plotly is to know of that axis besides, such as {"type": "log"}.
        y_axis: likewise.
        under: a map below the lines.
    """
    _draw(figure(lines, x=x, y=y, x_axis=x_axis, y_axis=y_axis, under=under), key, height, alt)


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
    """Draw lines over a few places; colours are not all that tells them apart, marks and dashes do too.

    Args:
        lines: made by `at_places`, of equal lengths.
        ticks: what stands under each place.
        key: of the chart.
        x: title of the axis to the right.
        y: title of the upward axis.
        alt: what is to be seen, in a sentence with numbers.
        at: the place that is looked at; a thin upright line.
        y_range: of the upward axis; None: as the values have it.
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
    _draw(chart, key, height, alt)


def _draw(chart: go.Figure, key: str, height: int, alt: str) -> None:
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
            name=line.name.replace("<", "&lt;"),
            mode=mode,
            line={"color": line.colour, "dash": line.dash, "width": line.width or 1},
            marker={"symbol": line.symbol or "circle", "size": 9, "color": line.colour},
        )
    chart.update_layout(
        margin={"l": 10, "r": 10, "t": 10, "b": 10},
        legend={"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"},
        xaxis={"title": x, **(x_axis or {})},
        yaxis={"title": y, **(y_axis or {})},
    )
    return chart
