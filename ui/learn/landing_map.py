"""The loss of two weights as a map of cells, on which the learner guesses where a step lands."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np

from segcore.explain.descent import HIGH, LOW, OptimiserStep, Pair, landscape
from ui.components import cells
from ui.components.cells import CellPlace, Grid, GridCell
from ui.learn import colours
from ui.learn.formulas import digits
from ui.learn.guess import Verdict
from ui.learn.lesson import lesson_texts

SIDE = 11  # cells a side: one cell is two weights wide
CELL = (HIGH - LOW) / (SIDE - 1)

Result = TypeVar("Result")

text = lesson_texts("descent")


def cell_of(place: Pair) -> tuple[int, int]:
    """Return (row, column) of the nearest cell of the guessing map; row 0 is on top."""
    col, up = (min(max(round((value - LOW) / CELL), 0), SIDE - 1) for value in place)
    return SIDE - 1 - up, col


@dataclass(frozen=True)
class LandingGuess(Generic[Result]):
    """The cell in which the first step of a path lands; a neighbour is close enough."""

    path: Callable[[Result], Sequence[OptimiserStep]]

    def prompt(self, lesson: str, result: Result, key: str) -> tuple[int, int] | None:
        """Draw the map with its start; a press is the guess."""
        axis, losses = landscape(SIDE)
        heights = np.log(losses)
        low, high = float(heights.min()), float(heights.max())
        at = cell_of(self.path(result)[0].before)

        def cell(row: int, col: int) -> GridCell:
            up = SIDE - 1 - row
            colour = colours.mixed((float(heights[up, col]) - low) / (high - low), colours.NEGATIVE)
            label = text("cell", w1=digits(axis[col]), w2=digits(axis[up]), loss=digits(losses[up, col]))
            return GridCell("●" if (row, col) == at else "", colours.hex_of(colour), label=label)

        grid = Grid.build("guess", text("guess"), (SIDE, SIDE), cell, press="one", size_px=26)
        pressed = cells.show([grid], chosen=CellPlace("guess", *at), key=key)
        return (pressed[0].row, pressed[0].col) if pressed else None

    def compare(self, lesson: str, result: Result, guess: tuple[int, int]) -> Verdict:
        """Compare with the cell of the step."""
        landed = cell_of(self.path(result)[0].after)
        is_near = all(abs(here - there) <= 1 for here, there in zip(guess, landed, strict=True))
        return Verdict(is_near, _weights_of(guess), _weights_of(landed))


def _weights_of(cell: tuple[int, int]) -> str:
    """The weights at the middle of a cell as text."""
    row, col = cell
    return f"w = ({digits(LOW + col * CELL)}, {digits(LOW + (SIDE - 1 - row) * CELL)})"
