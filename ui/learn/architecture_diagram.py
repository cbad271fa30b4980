"""A network as a drawing: the output of each, one of them at work on a photo, and the costs of networks."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import streamlit as st

from segcore.data import resize_image
from segcore.experiments.architecture_timing import SIDES
from segcore.explain.architectures import Block, ForwardPass, NetworkProfile, effective_side, support_box
from segcore.explain.data_flow import Connection
from segcore.export.sections import Share
from segcore.palette import OKABE_ITO
from segcore.types import RGB
from ui.components import drawing
from ui.learn import figures, network_drawing, short_training
from ui.learn.colours import NEGATIVE, POSITIVE, viridis_rgb
from ui.learn.figures import LessonFigure, magnified
from ui.learn.lesson import lesson_texts
from ui.widgets import line_chart
from ui.widgets.line_chart import DASHES, ChartLine
from ui.widgets.tables import Cell, table

BINS = (1, 2, 3, 6)
_SHOWN_SIDE = 96

text = lesson_texts("families")


def blocks(of: NetworkProfile, flow: Sequence[Connection], chosen: int, *, classes: int, title: str) -> int | None:
    """Draw the network; return the stage that was pressed just now."""
    label = text("drawing.alt", stages=len(of.blocks))
    svg = network_drawing.draw(of, flow, channels=(of.in_channels, classes), label=label, chosen=chosen)
    pressed = drawing.show(svg, key="learn.families.drawing", title=title)
    st.caption(text("drawing.indices") if any(edge.is_index for edge in flow) else text("drawing"))
    return int(pressed) if pressed is not None and int(pressed) < len(of.blocks) else None


def at_work(block: Block, passed: ForwardPass, rgb: RGB, *, is_pyramid: bool) -> None:
    """Draw the image, the receptive field of the middle pixel, and the channels of the block that vary most."""
    size = f"{block.height} × {block.width}"
    parameters, macs = count(block.parameters), count(block.macs)
    st.markdown(
        text("block", name=f"`{block.name}`", channels=block.channels, size=size, parameters=parameters, macs=macs)
    )
    shown = [
        LessonFigure(rgb, "", text("map.alt", nth=nth, name=block.name), crisp=True)
        for nth, rgb in enumerate(maps(passed, block.name), start=1)
    ]
    left, right = st.columns([1, 1], gap="medium")
    with left:
        image = LessonFigure(rgb, text("image"), note=f"{rgb.shape[0]} × {rgb.shape[1]}")
        figures.show([image, _field(passed)], least_px=120)
    with right:
        for begin in range(0, len(shown), 4):
            figures.show(shown[begin : begin + 4], least_px=64)
    if is_pyramid:
        figures.show(_pyramid(rgb), least_px=84)
    st.caption(text("maps", count=len(shown)))


def maps(passed: ForwardPass, block: str) -> list[RGB]:
    """Return the channels of a block that vary most, each in viridis over its own range."""
    recorded = passed.maps[block].astype(np.float32)
    times = max(1, _SHOWN_SIDE // max(recorded.shape[1:]))  # one pixel alone would have no size
    return [viridis_rgb(magnified(values, times), float(values.min()), float(values.max())) for values in recorded]


def _field(passed: ForwardPass) -> LessonFigure:
    """|gradient| on a logarithmic scale: most of it is near the middle."""
    gradient = passed.gradient
    strength = np.log10(np.maximum(gradient / max(float(gradient.max()), 1e-30), 1e-4)).astype(np.float32)
    height, width = support_box(gradient)
    note = text("field.note", height=height, width=width, side=effective_side(gradient))
    return LessonFigure(viridis_rgb(strength, -4, 0), text("field"), text("field.alt"), note)


def _pyramid(rgb: RGB) -> list[LessonFigure]:
    """The four grids of pyramid pooling, applied to the photo itself: one mean for each cell."""
    means = {bins: resize_image(rgb, (bins, bins)) for bins in BINS}  # downscaling is averaging
    times = {bins: rgb.shape[0] // bins for bins in BINS}
    return [LessonFigure(magnified(means[bins], times[bins]), text("bins", bins=bins), crisp=True) for bins in BINS]


def costs(
    anatomies: Mapping[str, NetworkProfile], chosen: str, passed: ForwardPass | None, width: int, stride: int
) -> None:
    """Draw a row for each architecture; before the guess, only its parameter count."""
    most_parameters = max(of.parameters for of in anatomies.values())
    most_macs = max(of.macs for of in anatomies.values())
    rows: list[list[Cell]] = []
    for family, of in anatomies.items():
        mark = "▸ " if family == chosen else ""
        parameters = Share(count(of.parameters), of.parameters / most_parameters, POSITIVE)
        rest: list[Cell] = ["?", "?", "?"]
        if passed is not None:
            time = f"{passed.best_ms:.0f} ms" if family == chosen else "—"
            rest = [Share(count(of.macs), of.macs / most_macs, NEGATIVE), f"{of.map_bytes / 1e6:.1f} MB", time]
        rows.append([mark + text(f"set.family.{family}"), parameters, *rest])
    head = [text(f"head.{name}") for name in ("family", "parameters", "macs", "maps", "time")]
    table(text("costs", side=next(iter(anatomies.values())).side), head, rows, numbers=(3, 4))
    if passed is not None:
        st.caption(text("measured", passes=len(passed.milliseconds), threads=passed.threads))
        settings = {"width": width, "stride": stride, "sides": list(SIDES)}
        about = text("race.about", sides=", ".join(map(str, SIDES)))
        key, start = "learn.families.race.job", text("race.start")
        short_training.show(text("race"), about, "lesson-families", settings, _times, key=key, start=start)


def _times(found: dict[str, Any]) -> None:
    shown, rows, ends = [], [], []
    for nth, (family, measured) in enumerate(found["families"].items()):
        name, times = text(f"set.family.{family}"), measured["milliseconds"]
        colour = OKABE_ITO[(0, 1, 2, 4, 6)[nth]]
        shown.append(ChartLine(name, measured["side"], times, colour, dash=DASHES[nth], symbol="circle"))
        rows.append([name, count(measured["parameters"]), *(f"{ms:.1f}" for ms in times)])
        ends.append(f"{name} {times[-1]:.0f} ms")
    line_chart.show(
        shown,
        key="learn.families.race.chart",
        x=text("race.side"),
        y=text("race.ms"),
        alt=text("race.alt", ends=", ".join(ends)),
        x_axis={"type": "log", "tickvals": list(SIDES), "ticktext": list(map(str, SIDES))},
        y_axis={"type": "log"},
    )
    sides = [f"{side} px" for side in next(iter(found["families"].values()))["side"]]
    table(text("race.ms"), [text("head.family"), text("head.parameters"), *sides], rows, numbers=(1, 2, 3, 4))
    st.caption(text("race.note", threads=found["threads"]))


def count(number: int) -> str:
    """Return a number with three digits: 12.3 M, 4.56 G."""
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if number >= size:
            return f"{number / size:.3g} {letter}"
    return str(number)
