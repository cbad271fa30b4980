"""Linked grids of numbers or pixels: point at a cell, and the cells it was computed from light up.

``show`` draws a few small grids side by side (16 x 16 cells each is plenty) with a components.v2 component. The browser
finds the cells to light up in ``links``; only a press on a cell, or a stroke over several, reruns the script and is
returned. Keyboard: Tab into a grid, arrows, Enter.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Literal, NamedTuple

from ui.components.assets import component, no_callback

_component = component("cells", ("cells.js",))

Press = Literal["", "one", "paint"]
"""What a press on a cell does: nothing, it is returned, or all cells of a stroke are returned."""

Mark = Literal["", "hatched", "faint"]
"""How a cell is drawn: plain, hatched (ignored) or faint (padding)."""


class CellPlace(NamedTuple):
    """Address of a cell."""

    grid: str
    row: int
    col: int


class GridCell(NamedTuple):
    """Content of one cell; cells.js reads the fields in this order."""

    text: str = ""
    colour: str = ""  # background "#rrggbb"; empty: the page's. The text is black or white, whichever reads better
    small: str = ""  # a second, smaller line
    mark: Mark = ""
    label: str = ""  # what a screen reader reads instead of the text


class Grid(NamedTuple):
    """One grid; cells.js reads the fields by these names."""

    name: str  # in `CellPlace` and in the links
    title: str
    rows: Sequence[Sequence[GridCell]]  # of equal lengths
    press: Press = ""
    size_px: int = 44  # side of a cell on a wide screen; cells shrink if there is no room
    row_titles: Sequence[str] = ()
    col_titles: Sequence[str] = ()

    @classmethod
    def build(
        cls,
        name: str,
        title: str,
        shape: tuple[int, ...],
        cell: Callable[[int, int], GridCell],
        *,
        press: Press = "",
        size_px: int = 44,
        titles: Sequence[str] = (),
    ) -> "Grid":
        """Return a grid of (rows, columns) cells, each from its row and column; both have the same titles."""
        rows = [[cell(row, col) for col in range(shape[1])] for row in range(shape[0])]
        return cls(name, title, rows, press, size_px, titles, titles)


def show(
    grids: Sequence[Grid],
    *,
    key: str,
    links: Mapping[CellPlace, Sequence[CellPlace]] | None = None,
    chosen: CellPlace | None = None,
) -> list[CellPlace]:
    """Draw grids side by side, and return the cells that were pressed just now, in the order of the stroke.

    The links of a cell light up while the pointer, or the focus, is on it; the chosen cell stays marked, with its
    links, while the pointer is elsewhere.
    """
    data = {
        "grids": [grid._asdict() for grid in grids],
        "links": {_name(place): [_name(other) for other in others] for place, others in (links or {}).items()},
        "chosen": _name(chosen) if chosen else None,
    }
    pressed = _component(data=data, key=key, on_cells_change=no_callback).get("cells")
    return [CellPlace(str(pressed["grid"]), int(row), int(col)) for row, col in pressed["cells"]] if pressed else []


def _name(place: CellPlace) -> str:
    return f"{place.grid}:{place.row},{place.col}"
