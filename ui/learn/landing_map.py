"""The loss of two weights as a map of cells, on which the learner guesses where a step lands."""

import numpy as np

from segcore.explain.descent import HIGH, LOW, Pair, landscape
from ui.components import cells
from ui.components.cells import CellPlace, Grid, GridCell
from ui.learn import colours
from ui.learn.formulas import digits
from ui.learn.lesson import lesson_texts

SIDE = 11
"""Cells a side: one cell is two weights wide."""

CELL = (HIGH - LOW) / (SIDE - 1)

text = lesson_texts("descent")


def cell_of(place: Pair) -> tuple[int, int]:
    """Return (row, column) of the nearest cell of the guessing map; row 0 is on top."""
    col, up = (min(max(round((value - LOW) / CELL), 0), SIDE - 1) for value in place)
    return SIDE - 1 - up, col


def draw(start: Pair, key: str) -> tuple[int, int] | None:
    """Draw the map with its start; return the cell that was pressed."""
    axis, losses = landscape(SIDE)
    heights = np.log(losses)
    low, high = float(heights.min()), float(heights.max())
    at = cell_of(start)

    def cell(row: int, col: int) -> GridCell:
        up = SIDE - 1 - row
        colour = colours.mixed((float(heights[up, col]) - low) / (high - low), colours.NEGATIVE)
        label = text("cell", w1=digits(axis[col]), w2=digits(axis[up]), loss=digits(losses[up, col]))
        return GridCell("●" if (row, col) == at else "", colours.hex_of(colour), label=label)

    grid = Grid.build("guess", text("guess"), (SIDE, SIDE), cell, press="one", size_px=26)
    pressed = cells.show([grid], chosen=CellPlace("guess", *at), key=key)
    return (pressed[0].row, pressed[0].col) if pressed else None


def describe(cell: tuple[int, int]) -> str:
    """Return the weights at the middle of a cell as text."""
    row, col = cell
    return f"w = ({digits(LOW + col * CELL)}, {digits(LOW + (SIDE - 1 - row) * CELL)})"


def near(guess: tuple[int, int], truth: tuple[int, int]) -> bool:
    """Whether two cells are the same or neighbours."""
    return max(abs(guess[0] - truth[0]), abs(guess[1] - truth[1])) <= 1
