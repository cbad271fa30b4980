"""Statistics of a dataset as charts; the tables of facts.py have the same numbers.

Splits have colours and patterns of their own, classes the colours of the dataset.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
import streamlit as st
from numpy.typing import NDArray

from segcore.palette import OKABE_ITO
from segcore.types import Colour
from ui.text import t
from ui.widgets import line_chart
from ui.widgets.line_chart import SYMBOLS, ChartLine, escaped, laid_out
from ui.widgets.tables import css

HEIGHT = 320
_COLOURS = [OKABE_ITO[index] for index in (4, 0, 2, 5)]
_PATTERNS = ("", "/", "x", ".", "+", "-", "|")
_MANY_CLASSES = 24
"""Maximum of classes that are drawn, the largest first; the table has them all."""

Facts = Mapping[str, Mapping[str, Any]]
"""Split → its statistics from ``segcore.data.statistics``."""


def show(splits: Facts, classes: Sequence[str], colours: Sequence[Colour], objects: NDArray[np.int64]) -> None:
    """Draw four charts: shares of the classes, images of the splits, sizes of images and of objects."""
    drawn = [
        ("shares", class_shares(splits, classes)),
        ("objects", object_sizes(objects, classes, colours)),
        ("images", images_of_splits(splits)),
        ("sizes", image_sizes(splits)),
    ]
    for pair in (drawn[:2], drawn[2:]):
        for column, (name, chart) in zip(st.columns(2, gap="large"), pair, strict=True):
            with column:
                st.markdown(f"**{t(f'data.chart.{name}')}**")
                line_chart.draw(chart, f"data.chart.{name}", HEIGHT, t(f"data.chart.{name}"))


def class_shares(splits: Facts, classes: Sequence[str]) -> go.Figure:
    """Bars: share of the labelled pixels in percent, by class and split, on a logarithmic scale for rare classes."""
    chart = go.Figure()
    largest = np.max([split["shares"] for split in splits.values()], axis=0)
    shown = sorted(np.argsort(-largest, kind="stable")[:_MANY_CLASSES])
    for number, (name, split) in enumerate(splits.items()):
        chart.add_bar(
            x=[escaped(classes[index]) for index in shown],
            y=[100 * split["shares"][index] or None for index in shown],
            name=escaped(name),
            marker=_ink(number),
            hovertemplate="%{x}: %{y:.2f} %",
        )
    return laid_out(
        chart, t("data.chart.class"), t("data.chart.share"), y_axis={"type": "log", "dtick": 1}, barmode="group"
    )


def images_of_splits(splits: Facts) -> go.Figure:
    """Bars: how many images each split has."""
    chart = go.Figure()
    for number, (name, split) in enumerate(splits.items()):
        count = split["images"]
        chart.add_bar(
            y=[escaped(name)],
            x=[count],
            orientation="h",
            name=escaped(name),
            marker=_ink(number),
            text=[f"{count:,}"],
            textposition="outside",
            cliponaxis=False,
        )
    most = max(split["images"] for split in splits.values())
    return laid_out(chart, t("data.chart.count"), "", showlegend=False, x_axis={"range": [0, 1.12 * most]})


def image_sizes(splits: Facts) -> go.Figure:
    """Bubbles: width and height of the most frequent sizes; the area shows the number of images."""
    chart = go.Figure()
    most = max((count for split in splits.values() for *_, count in split["common_sizes"]), default=1)
    for number, (name, split) in enumerate(splits.items()):
        sizes = split["common_sizes"]
        chart.add_scatter(
            x=[width for _, width, _ in sizes],
            y=[height for height, _, _ in sizes],
            mode="markers",
            name=escaped(name),
            text=[f"{width} × {height}: {count}" for height, width, count in sizes],
            hovertemplate="%{text}",
            marker={
                "size": [8 + 32 * (count / most) ** 0.5 for *_, count in sizes],
                "symbol": SYMBOLS[number % len(SYMBOLS)],
                "color": css(_COLOURS[number % len(_COLOURS)]),
                "opacity": 0.6,
            },
        )
    zero = {"rangemode": "tozero"}
    return laid_out(chart, t("data.chart.width"), t("data.chart.height"), x_axis=zero, y_axis=zero)


def object_sizes(counts: NDArray[np.int64], classes: Sequence[str], colours: Sequence[Colour]) -> go.Figure:
    """Lines: connected components of each class by area, in powers of two; counts (K, powers) of all splits."""
    largest = np.argsort(-counts.sum(axis=1), kind="stable")[:_MANY_CLASSES]
    powers = range(np.flatnonzero(counts.any(axis=0)).max(initial=0) + 1)
    lines = [
        ChartLine(classes[index], [2**power for power in powers], counts[index, : len(powers)].tolist(), colours[index])
        for index in sorted(largest)
        if counts[index].any()
    ]
    axis = {"type": "log", "dtick": 1}
    chart = line_chart.figure(line_chart.marked(lines), x=t("data.chart.area"), y=t("data.chart.pieces"), x_axis=axis)
    return chart.update_traces(hovertemplate="%{y} × %{x:,} px", marker_size=7)


def _ink(number: int) -> dict[str, Any]:
    """Colour and pattern of a split."""
    pattern = {"shape": _PATTERNS[number % len(_PATTERNS)], "fillmode": "overlay", "fgcolor": "#fff", "fgopacity": 0.6}
    return {"color": css(_COLOURS[number % len(_COLOURS)]), "pattern": pattern}
