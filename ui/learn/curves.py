"""A few lines over a short axis, as a chart that stands still: the same height always, every line named and marked."""

from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go
import streamlit as st

from segcore.types import Colour
from ui.learn.colours import hex_of

_SYMBOLS = ("circle", "square", "diamond", "triangle-up", "x", "star")
_DASHES = ("solid", "dash", "dot", "dashdot")


@dataclass(frozen=True)
class Line:
    """One line.

    Attributes:
        name: in the legend; text, whoever wrote it.
        values: one for each place on the axis; NaN leaves a gap.
        colour: of line and marks.
        bold: the one that is meant.
    """

    name: str
    values: Sequence[float]
    colour: Colour
    bold: bool = False


def show(
    lines: Sequence[Line],
    ticks: Sequence[str],
    *,
    x_title: str,
    y_title: str,
    alt: str,
    key: str,
    at: int | None = None,
    y_range: tuple[float, float] | None = (0.0, 1.02),
    height: int = 300,
) -> None:
    """Draw lines; colours are not all that tells them apart, marks and dashes do too.

    Args:
        lines: of equal lengths.
        ticks: what stands under each place.
        x_title: under the axis.
        y_title: beside the other.
        alt: the chart in a sentence.
        key: of the chart.
        at: the place that is looked at; a thin upright line.
        y_range: of the y axis; None: as the values have it.
        height: in pixels.
    """
    chart = go.Figure()
    places = list(range(len(ticks)))
    for index, line in enumerate(lines):
        chart.add_scatter(
            x=places,
            y=list(line.values),
            mode="lines+markers",
            name=line.name.replace("<", "&lt;"),
            line={"color": hex_of(line.colour), "width": 4 if line.bold else 2, "dash": _DASHES[index % 4]},
            marker={"symbol": _SYMBOLS[index % len(_SYMBOLS)], "size": 9},
            hovertemplate="%{y:.3f}",
        )
    if at is not None:
        chart.add_vline(x=at, line_width=1, line_dash="dot", line_color="#888888")
    chart.update_layout(
        margin={"l": 10, "r": 10, "t": 10, "b": 10},
        legend={"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"},
        hovermode="x unified",
        xaxis={"title": x_title, "tickvals": places, "ticktext": list(ticks), "range": [-0.2, len(ticks) - 0.8]},
        yaxis={"title": y_title, "range": list(y_range) if y_range else None},
    )
    st.plotly_chart(
        chart,
        key=key,
        height=height,
        config={"displaylogo": False, "displayModeBar": False},
        alt=alt,
    )
