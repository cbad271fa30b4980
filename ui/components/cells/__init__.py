"""Grids of numbers or pixels that know of each other: point at a cell, and the cells that made it light up.

``show`` draws up to a few small grids side by side (16 x 16 cells each is plenty) with a components.v2 component. What
lights up is worked out in the browser from ``links``; only a press on a cell, or a stroke over several, reruns the
script and is returned. With the keyboard: Tab into a grid, arrows, Enter.

    cells.html  cells.css  cells.js
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, NamedTuple

import streamlit as st

_HERE = Path(__file__).parent

_component = st.components.v2.component(
    "segcore_cells",
    html=(_HERE / "cells.html").read_text(encoding="utf-8"),
    css=(_HERE / "cells.css").read_text(encoding="utf-8"),
    js=(_HERE / "cells.js").read_text(encoding="utf-8"),
)


class Place(NamedTuple):
    """A cell of a grid."""

    grid: str
    row: int
    col: int


@dataclass(frozen=True)
class Cell:
    """What one cell shows.

    Attributes:
        text: in it; may be empty.
        colour: behind the text, "#rrggbb"; empty: the paper's. The text is black or white, whichever reads better.
        small: a second, smaller line.
        mark: "hatched" for what does not count, "faint" for what is only there as padding.
        says: what a screen reader says instead of the text.
    """

    text: str = ""
    colour: str = ""
    small: str = ""
    mark: Literal["", "hatched", "faint"] = ""
    says: str = ""


@dataclass(frozen=True)
class Grid:
    """One grid.

    Attributes:
        name: in `Place` and in the links.
        title: over it.
        rows: of cells, all equally long.
        press: what a press does: nothing, or it is returned; "paint" returns all cells of a stroke.
        size_px: side of a cell on a wide screen; cells shrink where there is no room.
        row_titles: before each row.
        col_titles: over each column.
    """

    name: str
    title: str
    rows: Sequence[Sequence[Cell]]
    press: Literal["", "one", "paint"] = ""
    size_px: int = 44
    row_titles: Sequence[str] = ()
    col_titles: Sequence[str] = ()


def show(
    grids: Sequence[Grid],
    *,
    key: str,
    links: Mapping[Place, Sequence[Place]] | None = None,
    chosen: Place | None = None,
) -> list[Place]:
    """Draw grids side by side.

    Args:
        grids: from left to right.
        key: of the component.
        links: which cells light up while the pointer, or the focus, is on a cell.
        chosen: a cell that stays marked, with its links, while the pointer is elsewhere.

    Returns:
        The cells that were pressed just now, in the order of the stroke; empty if none were.
    """
    data: dict[str, Any] = {
        "grids": [_grid(grid) for grid in grids],
        "links": {_name(place): [_name(other) for other in others] for place, others in (links or {}).items()},
        "chosen": _name(chosen) if chosen else None,
    }
    answer = _component(data=data, key=key, on_cells_change=_nothing)
    pressed = answer.get("cells")
    return [Place(str(pressed["grid"]), int(row), int(col)) for row, col in pressed["cells"]] if pressed else []


def _grid(grid: Grid) -> dict[str, Any]:
    return {
        "name": grid.name,
        "title": grid.title,
        "press": grid.press,
        "size": grid.size_px,
        "rows": [[[c.text, c.colour, c.small, c.mark, c.says] for c in row] for row in grid.rows],
        "rowTitles": list(grid.row_titles),
        "colTitles": list(grid.col_titles),
    }


def _name(place: Place) -> str:
    return f"{place.grid}:{place.row},{place.col}"


def _nothing() -> None:
    """Streamlit returns a trigger only where it has a callback; the value itself is all we need."""
