"""Curves of numbers against numbers, drawn by Plotly: a few named lines, and points that stand out."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go
import streamlit as st

HEIGHT = 300


@dataclass(frozen=True)
class Line:
    """One line.

    Attributes:
        name: in the legend.
        x: its numbers to the right …
        y: … and upwards; None where there is none.
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
    st.plotly_chart(
        figure(lines, x=x, y=y, x_axis=x_axis, y_axis=y_axis, under=under),
        key=key,
        height=height,
        config={"displaylogo": False, "modeBarButtonsToRemove": ["select2d", "lasso2d"]},
        alt=alt,
    )


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
            name=line.name,
            mode=mode,
            line={"color": line.colour, "dash": line.dash, "width": line.width or 1},
            marker={"symbol": line.symbol or "circle", "size": 10, "color": line.colour},
        )
    chart.update_layout(
        margin={"l": 10, "r": 10, "t": 10, "b": 10},
        legend={"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"},
        xaxis={"title": x, **(x_axis or {})},
        yaxis={"title": y, **(y_axis or {})},
    )
    return chart
