"""A pixel that the learner selects: a ring marks it, and a press on any image of the scene moves it.

Settings and address give its place in thousandths of height and width, so that it fits an image of any size.
"""

from collections.abc import Sequence

from segcore.types import RGB
from ui.components.clickable import ImagePlace
from ui.learn.controls import Selection
from ui.learn.figures import LessonFigure
from ui.learn.figures import press as press_figures

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


def press(
    figures: Sequence[LessonFigure], pixel: tuple[int, int], shape: tuple[int, ...], *, key: str, least_px: int = 200
) -> tuple[int, int] | None:
    """Draw images of the scene with a ring at a pixel; return the place pressed just now, in thousandths, or None.

    ``pixel`` (row, col) is counted in an image of ``shape`` (h, w, …); the figures may be larger or smaller.
    """
    down, right = ((at + 0.5) / side for at, side in zip(pixel, shape[:2], strict=True))
    pressed = press_figures(figures, key=key, mark=ImagePlace(down, right), least_px=least_px)
    if pressed is None:
        return None
    row, col = (min(int(share * side), side - 1) for share, side in zip(pressed, shape[:2], strict=True))
    return place_of((row, col), shape)
