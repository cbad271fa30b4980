"""A pixel that the learner selects: a ring marks it, a press on a coarse copy of the image moves it.

Settings and address give its place in thousandths of height and width, so that it fits an image of any size.
"""

from typing import Any

import cv2
import numpy as np

from segcore.types import RGB
from ui.components import cells
from ui.components.cells import CellPlace, Grid, GridCell
from ui.learn import colours
from ui.learn.controls import Selection
from ui.text import t

COLUMNS = 12  # cells of the copy along the longer side of the image: large enough for a finger on a phone
PER_MILLE = 1000


def control(row: int, col: int) -> Selection:
    """Return the control of a lesson for the selected pixel, with a default place."""
    return Selection("pixel", (row, col), high=PER_MILLE, length=2)


def place_of(pixel: tuple[int, int], shape: tuple[int, ...]) -> tuple[int, int]:
    """Return the place of (row, col) in an image of this shape, in thousandths."""
    row, col = (round(PER_MILLE * at / max(1, side - 1)) for at, side in zip(pixel, shape[:2], strict=True))
    return row, col


def pixel_at(rgb: RGB, place: tuple[int, ...]) -> tuple[int, int]:
    """Return (row, col) of a place in thousandths."""
    row, col = (round(share / PER_MILLE * (side - 1)) for share, side in zip(place, rgb.shape[:2], strict=True))
    return row, col


def ringed(rgb: RGB, pixel: tuple[int, int], radius: int = 0) -> RGB:
    """Return a copy with a ring around the pixel, white in black; radius 0: by the size of the image."""
    marked: Any = np.ascontiguousarray(rgb.copy())
    radius = radius or max(4, max(rgb.shape[:2]) // 40)
    for thickness, colour in ((4, (0, 0, 0)), (2, (255, 255, 255))):
        cv2.circle(marked, (pixel[1], pixel[0]), radius, colour, thickness, cv2.LINE_AA)
    return np.asarray(marked, np.uint8)


def press(
    rgb: RGB, pixel: tuple[int, int], *, key: str, title: str = "", columns: int = COLUMNS, size_px: int = 24
) -> tuple[int, int] | None:
    """Draw a coarse copy of the image, with the selected pixel; return the place pressed just now, in thousandths.

    The copy has ``columns`` cells of ``size_px`` along the longer side, and a general title by default.
    """
    height, width = rgb.shape[:2]
    side = max(height, width) / columns
    shape = max(1, round(height / side)), max(1, round(width / side))
    small = cv2.resize(rgb, shape[::-1], interpolation=cv2.INTER_AREA)

    def cell(row: int, col: int) -> GridCell:
        red, green, blue = (int(value) for value in small[row, col])
        return GridCell("", colours.hex_of((red, green, blue)), label=t("learn.place", row=row + 1, col=col + 1))

    grid = Grid.build("photo", title or t("learn.place.press"), shape, cell, press="one", size_px=size_px)
    here = CellPlace("photo", pixel[0] * shape[0] // height, pixel[1] * shape[1] // width)
    pressed = cells.show([grid], chosen=here, key=key)
    if not pressed:
        return None
    return round(PER_MILLE * (pressed[0].row + 0.5) / shape[0]), round(PER_MILLE * (pressed[0].col + 0.5) / shape[1])
