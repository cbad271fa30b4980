"""Statistics of a dataset as charts; the tables of facts.py have the same numbers.

Classes have the colours of the dataset, splits have patterns. A single number is text and no chart: the images of the
only split, a size that all images have.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
import streamlit as st
from numpy.typing import NDArray

from segcore.palette import OKABE_ITO
from segcore.types import Colour
from ui.known_names import class_name
from ui.text import t
from ui.widgets import line_chart
from ui.widgets.line_chart import SYMBOLS, ChartLine, escaped, laid_out
from ui.widgets.tables import css

HEIGHT = 320
_BAR_PX, _AXES_PX = 24, 90
_COLOURS = [OKABE_ITO[index] for index in (4, 0, 2, 5)]
_PATTERNS = ("", "/", "x", ".", "+", "-", "|")
_MANY_CLASSES = 24
"""Maximum of classes that are drawn, the largest first; the table has them all."""
_RARE = 0.01
"""A class with a smaller share of the pixels would have no visible bar on a linear scale."""

Facts = Mapping[str, Mapping[str, Any]]
"""Split → its statistics from ``segcore.data.statistics``."""


def show(splits: Facts, classes: Sequence[str], colours: Sequence[Colour], objects: NDArray[np.int64]) -> None:
    """Draw shares of the classes and sizes of objects; images of the splits and sizes of images where they differ."""
    shown = min(len(classes), _MANY_CLASSES)
    tall = max(160, _AXES_PX + _BAR_PX * shown * len(splits))
    drawn = [("shares", class_shares(splits, classes, colours), tall)]
    if objects.any():
        drawn.append(("objects", object_sizes(objects, classes, colours), HEIGHT))
    if len(splits) > 1:
        drawn.append(("images", images_of_splits(splits), _AXES_PX + 2 * _BAR_PX * len(splits)))
    if len({(width, height) for split in splits.values() for height, width, _ in split["common_sizes"]}) > 1:
        drawn.append(("sizes", image_sizes(splits), HEIGHT))
    for pair in (drawn[:2], drawn[2:]):
        for column, (name, chart, height) in zip(st.columns(2, gap="large"), pair, strict=False):
            with column:
                st.markdown(f"**{t(f'data.chart.{name}')}**")
                line_chart.draw(chart, f"data.chart.{name}", height, t(f"data.chart.{name}"))


def class_shares(splits: Facts, classes: Sequence[str], colours: Sequence[Colour]) -> go.Figure:
    """Bars: share of the labelled pixels in percent, by class and split; logarithmic if a class is rare."""
    chart = go.Figure()
    largest = np.max([split["shares"] for split in splits.values()], axis=0)
    shown = sorted(np.argsort(-largest, kind="stable")[:_MANY_CLASSES])
    for number, (name, split) in enumerate(splits.items()):
        shares = [100 * split["shares"][index] for index in shown]
        pattern = {"shape": _PATTERNS[number % len(_PATTERNS)], "fillmode": "overlay", "fgcolor": "#fff"}
        chart.add_bar(
            y=[escaped(class_name(classes[index])) for index in shown],
            x=[share or None for share in shares],
            orientation="h",
            name=escaped(name),
            marker={"color": [css(_visible(colours[index])) for index in shown], "pattern": pattern},
            text=[f"{share:.1f} %" if share >= 0.05 else f"{share:.2g} %" for share in shares],
            textposition="auto",
            hovertemplate="%{y}: %{x:.2f} %",
        )
    rare = bool(((largest[shown] > 0) & (largest[shown] < _RARE)).any())
    x_axis = {"type": "log", "dtick": 1} if rare else {"rangemode": "tozero"}
    y_axis = {"autorange": "reversed", "automargin": True, "type": "category"}
    several = len(splits) > 1
    return laid_out(chart, t("data.chart.share"), "", x_axis, y_axis, barmode="group", showlegend=several)


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
                "size": [8 + 20 * (count / most) ** 0.5 for *_, count in sizes],
                "symbol": SYMBOLS[number % len(SYMBOLS)],
                "color": css(_COLOURS[number % len(_COLOURS)]),
                "opacity": 0.6,
            },
        )
    several = len(splits) > 1
    return laid_out(chart, t("data.chart.width"), t("data.chart.height"), showlegend=several)


def object_sizes(counts: NDArray[np.int64], classes: Sequence[str], colours: Sequence[Colour]) -> go.Figure:
    """Lines: connected components of each class by area, in powers of two; counts (K, powers) of all splits."""
    largest = np.argsort(-counts.sum(axis=1), kind="stable")[:_MANY_CLASSES]
    powers = range(np.flatnonzero(counts.any(axis=0)).max(initial=0) + 1)
    lines = [
        ChartLine(
            class_name(classes[index]), [2**power for power in powers], counts[index, : len(powers)].tolist(),
            _visible(colours[index]),
        )
        for index in sorted(largest)
        if counts[index].any()
    ]  # fmt: skip
    axis = {"type": "log", "dtick": 1}
    chart = line_chart.figure(line_chart.marked(lines), x=t("data.chart.area"), y=t("data.chart.pieces"), x_axis=axis)
    return chart.update_traces(hovertemplate="%{y} × %{x:,} px", marker_size=7)


def _visible(colour: Colour) -> Colour:
    """Nearly black becomes grey, which is visible on a dark page."""
    return colour if max(colour) > 60 else (150, 150, 150)


def _ink(number: int) -> dict[str, Any]:
    """Colour and pattern of a split."""
    pattern = {"shape": _PATTERNS[number % len(_PATTERNS)], "fillmode": "overlay", "fgcolor": "#fff", "fgopacity": 0.6}
    return {"color": css(_COLOURS[number % len(_COLOURS)]), "pattern": pattern}
