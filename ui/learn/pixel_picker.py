"""A pixel of a photo that the learner points at: a ring marks it, a press on a coarse copy moves it.

In settings and in the address it is told in thousandths of height and width, so that it fits the photo at any size.
"""

from typing import Any

import cv2
import numpy as np

from segcore.types import RGB
from ui.components import cells
from ui.components.cells import Cell, Grid, Place
from ui.learn import colours
from ui.text import t

COLUMNS = 12
"""Cells of the copy that is pressed, along the photo's longer side; a finger finds them on a phone."""

PER_MILLE = 1000


def pixel_at(rgb: RGB, place: tuple[int, ...]) -> tuple[int, int]:
    """(row, col) of a place in thousandths."""
    row, col = (round(share / PER_MILLE * (side - 1)) for share, side in zip(place, rgb.shape[:2], strict=True))
    return row, col


def ringed(rgb: RGB, pixel: tuple[int, int]) -> RGB:
    """A copy with a ring around the pixel, white in black, to be seen on anything."""
    marked: Any = np.ascontiguousarray(rgb.copy())
    radius = max(4, max(rgb.shape[:2]) // 40)
    for thickness, colour in ((4, (0, 0, 0)), (2, (255, 255, 255))):
        cv2.circle(marked, (pixel[1], pixel[0]), radius, colour, thickness, cv2.LINE_AA)
    return np.asarray(marked, np.uint8)


def press(rgb: RGB, pixel: tuple[int, int], *, key: str) -> tuple[int, int] | None:
    """Draw a coarse copy; the place that was pressed just now, in thousandths, or None."""
    height, width = rgb.shape[:2]
    side = max(height, width) / COLUMNS
    rows, columns = max(1, round(height / side)), max(1, round(width / side))
    small = cv2.resize(rgb, (columns, rows), interpolation=cv2.INTER_AREA)

    def cell(row: int, col: int) -> Cell:
        red, green, blue = (int(value) for value in small[row, col])
        return Cell("", colours.hex_of((red, green, blue)), says=t("learn.place", row=row + 1, col=col + 1))

    grid = Grid(
        "photo",
        t("learn.place.press"),
        [[cell(r, c) for c in range(columns)] for r in range(rows)],
        press="one",
        size_px=24,
    )
    here = Place("photo", pixel[0] * rows // height, pixel[1] * columns // width)
    pressed = cells.show([grid], chosen=here, key=key)
    if not pressed:
        return None
    return round(PER_MILLE * (pressed[0].row + 0.5) / rows), round(PER_MILLE * (pressed[0].col + 0.5) / columns)
