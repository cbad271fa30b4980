"""Small grids of numbers or pixels with links between their cells, drawn by a components.v2 component.

While the pointer or the focus is on a cell, the browser highlights the cells that are linked to it. Only a press on a
cell, or a stroke over several, reruns the script and is returned. Keyboard: Tab into a grid, arrows, Enter. Grids of
16 x 16 cells are about the largest that stay readable.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from ui.components.assets import component, no_callback

_component = component("segcore_cells", "cells", "cells", ("cells.js",))


class Place(NamedTuple):
    """A cell of a grid."""

    grid: str
    row: int
    col: int


@dataclass(frozen=True)
class Cell:
    """Content of one cell.

    Attributes:
        text: may be empty.
        colour: of the ground, "#rrggbb"; empty: that of the page. The text is black or white, whichever is readable.
        small: a second, smaller line.
        mark: "hatched" for cells that are ignored, "faint" for padding.
        says: label for screen readers, instead of the text.
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
        rows: of cells, all of the same length.
        press: "one" returns a pressed cell, "paint" all cells of a stroke; empty: the grid only shows.
        size_px: side of a cell on a wide screen; cells shrink on narrow ones.
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
        links: cells that are highlighted while the pointer, or the focus, is on a cell.
        chosen: a cell that stays marked, with its links, while the pointer is elsewhere.

    Returns:
        The cells that were pressed just now, in the order of the stroke; empty if none were.
    """
    data: dict[str, Any] = {
        "grids": [_grid(grid) for grid in grids],
        "links": {_name(place): [_name(other) for other in others] for place, others in (links or {}).items()},
        "chosen": _name(chosen) if chosen else None,
    }
    answer = _component(data=data, key=key, on_cells_change=no_callback)
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
