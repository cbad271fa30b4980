"""A network as a strip of blocks: what each puts out, one of them at work on a photo, and what networks cost."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import streamlit as st

from segcore.data import resize_image
from segcore.experiments.architecture_timing import SIDES
from segcore.explain.architectures import Block, ForwardPass, NetworkProfile, effective_side, support_box
from segcore.palette import OKABE_ITO
from segcore.types import RGB
from ui.components import cells
from ui.components.cells import Cell, Grid, Place
from ui.learn import colours, figures
from ui.learn.colours import NEGATIVE, POSITIVE, viridis_rgb
from ui.learn.figures import Figure
from ui.text import t
from ui.widgets import job_panel, line_chart
from ui.widgets.line_chart import Line
from ui.widgets.tables import Bar, table
from ui.widgets.tables import Cell as TableCell

BINS = (1, 2, 3, 6)
_WAY_DOWN = ("encoder.", "down.", "deepest")
_DASHES = ("solid", "dash", "dot", "dashdot", "longdash")
_SHOWN_SIDE = 96


def blocks(of: NetworkProfile, chosen: int, *, title: str) -> int | None:
    """Draw the blocks as cells, the way down and the rest; the one that was pressed just now."""
    groups: dict[str, list[tuple[int, Block]]] = {"down": [], "up": []}
    for index, block in enumerate(of.blocks):
        groups["down" if block.name.startswith(_WAY_DOWN) else "up"].append((index, block))
    grids: list[Grid] = []
    places: dict[Place, int] = {}
    for group, members in groups.items():
        if not members:
            continue
        row = [_cell(block, of) for _, block in members]
        grids.append(
            Grid(
                group,
                t(f"lesson.families.strip.{group}"),
                [row],
                press="one",
                size_px=68,
                col_titles=[str(index + 1) for index, _ in members],
            )
        )
        places |= {Place(group, 0, col): index for col, (index, _) in enumerate(members)}
    st.markdown(f"**{title}**")
    at = next(place for place, index in places.items() if index == chosen)
    pressed = cells.show(grids, chosen=at, key="learn.families.strip")
    st.caption(t("lesson.families.hint"))
    return places[pressed[0]] if pressed else None


def _cell(block: Block, of: NetworkProfile) -> Cell:
    """Channels, and the size below them; the larger the map, the stronger the colour."""
    share = np.log2(max(block.height, 1) + 1) / np.log2(of.side + 1)
    size = f"{block.height}×{block.width}"
    says = t("lesson.families.cell", name=block.name, channels=block.channels, size=size)
    return Cell(str(block.channels), colours.hex_of(colours.mixed(0.75 * share, NEGATIVE)), small=size, says=says)


# --- one block at work ----------------------------------------------------------------------------------------------


def at_work(block: Block, passed: ForwardPass, rgb: RGB, *, is_pyramid: bool) -> None:
    """The image, what the middle pixel depends on, and the channels of the block that vary most."""
    st.markdown(
        t(
            "lesson.families.block",
            name=f"`{block.name}`",
            channels=block.channels,
            size=f"{block.height} × {block.width}",
            parameters=count(block.parameters),
            macs=count(block.macs),
        )
    )
    maps = passed.maps[block.name].astype(np.float32)
    shown = []
    for nth, values in enumerate(maps):
        low, high = float(values.min()), float(values.max())
        picture = viridis_rgb(_enlarged(values), low, high)
        shown.append(Figure(picture, "", t("lesson.families.map.alt", nth=nth + 1, name=block.name), crisp=True))
    left, right = st.columns([1, 1], gap="medium")
    with left:
        figures.show([_photo(rgb), _field(passed)], least_px=120)
    with right:
        for begin in range(0, len(shown), 4):
            figures.show(shown[begin : begin + 4], least_px=64)
    if is_pyramid:
        figures.show(_pyramid(rgb), least_px=84)
    st.caption(t("lesson.families.maps", count=len(maps)))


def _photo(rgb: RGB) -> Figure:
    return Figure(rgb, t("lesson.families.image"), t("lesson.families.image"), f"{rgb.shape[0]} × {rgb.shape[1]}")


def _field(passed: ForwardPass) -> Figure:
    """|gradient| on a logarithmic scale: most of it is near the middle."""
    gradient = passed.gradient
    strength = np.log10(np.maximum(gradient / max(float(gradient.max()), 1e-30), 1e-4)).astype(np.float32)
    height, width = support_box(gradient)
    note = t("lesson.families.field.note", height=height, width=width, side=effective_side(gradient))
    return Figure(viridis_rgb(strength, -4, 0), t("lesson.families.field"), t("lesson.families.field.alt"), note)


def _pyramid(rgb: RGB) -> list[Figure]:
    """What the four grids of the pyramid do, done to the photo itself: one mean for each cell."""
    side = rgb.shape[0]
    shown = []
    for bins in BINS:
        small = resize_image(rgb, (bins, bins))  # shrinking is averaging
        large = np.kron(small, np.ones((side // bins, side // bins, 1), np.uint8))
        title = t("lesson.families.bins", bins=bins)
        shown.append(Figure(large, title, title, crisp=True))
    return shown


def _enlarged(values: np.ndarray[Any, np.dtype[np.float32]]) -> np.ndarray[Any, np.dtype[np.float32]]:
    """Small maps keep their cells when the browser stretches them; a pixel of 1 × 1 would have no size at all."""
    times = max(1, _SHOWN_SIDE // max(values.shape))
    return np.kron(values, np.ones((times, times), np.float32))


# --- what they cost -------------------------------------------------------------------------------------------------


def costs(
    anatomies: Mapping[str, NetworkProfile], chosen: str, passed: ForwardPass | None, width: int, stride: int
) -> None:
    """One line for each family; until something was predicted, only how many parameters it has."""
    measured = {}
    if passed is not None:
        measured[chosen] = passed.best_ms
    most_parameters = max(of.parameters for of in anatomies.values())
    most_macs = max(of.macs for of in anatomies.values())
    rows: list[list[TableCell]] = []
    for family, of in anatomies.items():
        mark = "▸ " if family == chosen else ""
        row: list[TableCell] = [
            mark + t(f"lesson.families.set.family.{family}"),
            Bar(of.parameters / most_parameters, count(of.parameters), POSITIVE),
        ]
        if passed is None:
            rows.append([*row, "?", "?", "?"])
            continue
        row += [Bar(of.macs / most_macs, count(of.macs), NEGATIVE), f"{of.map_bytes / 1e6:.1f} MB"]
        rows.append([*row, f"{measured[family]:.0f} ms" if family in measured else "—"])
    head = [t(f"lesson.families.head.{name}") for name in ("family", "parameters", "macs", "maps", "time")]
    side = next(iter(anatomies.values())).side
    table(t("lesson.families.costs", side=side), head, rows, numbers=(3, 4))
    if passed is not None:
        st.caption(t("lesson.families.measured", passes=len(passed.milliseconds), threads=passed.threads))
        _race(width, stride)


def _race(width: int, stride: int) -> None:
    """All five by the clock, as a job."""
    with st.container(border=True, key="learn.families.raced"):
        st.markdown(f"**{t('lesson.families.race')}**")
        st.caption(t("lesson.families.race.about", sides=", ".join(map(str, SIDES))))
        result = job_panel.panel(
            "lesson-families",
            {"width": width, "stride": stride, "sides": list(SIDES)},
            key="learn.families.race.job",
            label=t("lesson.families.race.start"),
        )
        if result is not None:
            _raced(result)


def _raced(result: dict[str, Any]) -> None:
    drawn, rows, ends = [], [], []
    for nth, (family, told) in enumerate(result["families"].items()):
        name = t(f"lesson.families.set.family.{family}")
        colour = colours.hex_of(OKABE_ITO[(0, 1, 2, 4, 6)[nth]])
        drawn.append(Line(name, told["side"], told["milliseconds"], colour, dash=_DASHES[nth], symbol="circle"))
        rows.append([name, count(told["parameters"]), *(f"{ms:.1f}" for ms in told["milliseconds"])])
        ends.append(f"{name} {told['milliseconds'][-1]:.0f} ms")
    sides = [f"{side} px" for side in next(iter(result["families"].values()))["side"]]
    line_chart.show(
        drawn,
        key="learn.families.race.chart",
        x=t("lesson.families.race.side"),
        y=t("lesson.families.race.ms"),
        alt=t("lesson.families.race.alt", ends=", ".join(ends)),
        x_axis={"type": "log", "tickvals": list(SIDES), "ticktext": list(map(str, SIDES))},
        y_axis={"type": "log"},
    )
    head = [t("lesson.families.head.family"), t("lesson.families.head.parameters"), *sides]
    table(t("lesson.families.race.ms"), head, rows, numbers=(1, 2, 3, 4))
    st.caption(t("lesson.families.race.note", threads=result["threads"]))


def count(number: int) -> str:
    """12.3 M, 4.56 G: as exact as anybody compares."""
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if number >= size:
            return f"{number / size:.3g} {letter}"
    return str(number)
