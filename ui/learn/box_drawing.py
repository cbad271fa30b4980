"""Boxes drawn over a magnified image. Every line is dark and light, visible on any background."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np

from segcore.explain.objects import Box
from segcore.types import RGB, Colour
from ui.learn.figures import magnified

LONGEST = 512  # longer side of the magnified image in pixels, about
DASH = 12  # pixels of a dash, and of the gap after it


@dataclass(frozen=True, eq=False)
class DrawnBox:
    """One box."""

    box: Box  # (4,) xyxy in pixels of the image
    colour: Colour
    width: int = 3  # of the line, in pixels of the magnified image
    dashed: bool = False
    label: str = ""  # Latin letters or digits at the upper left corner


def draw_boxes(rgb: RGB, boxes: Sequence[DrawnBox], dots: Sequence[tuple[float, float]] = ()) -> RGB:
    """Draw boxes and dots (x, y) over a copy of an image (H, W, 3), magnified by a whole number.

    Later boxes lie over earlier ones, labels over all.
    """
    factor = max(1, round(LONGEST / max(rgb.shape[:2])))
    canvas = magnified(rgb, factor)
    for x, y in dots:
        cv2.circle(canvas, (round(x * factor), round(y * factor)), 2, (90, 90, 90), cv2.FILLED, cv2.LINE_AA)
    for each in boxes:
        x1, y1, x2, y2 = (round(float(edge) * factor) for edge in each.box)
        for begin, end in pairwise([(x1, y1), (x2, y1), (x2, y2), (x1, y2), (x1, y1)]):
            _line(canvas, begin, end, each)
    for each in boxes:
        x1, y1 = (round(float(edge) * factor) for edge in each.box[:2])
        for colour, width in (((255, 255, 255), 5), ((20, 20, 20), 2)):
            at = (x1 + 5, y1 + 21)
            cv2.putText(canvas, each.label, at, cv2.FONT_HERSHEY_SIMPLEX, 0.65, colour, width, cv2.LINE_AA)
    return canvas


def _line(canvas: RGB, begin: tuple[int, int], end: tuple[int, int], box: DrawnBox) -> None:
    length = max(abs(end[0] - begin[0]), abs(end[1] - begin[1]))
    count = max(1, round(length / DASH)) if box.dashed else 1
    places = np.linspace(begin, end, count + 1).round().astype(int).tolist()
    for one, other in list(pairwise(places))[::2]:
        cv2.line(canvas, one, other, (255, 255, 255), box.width + 2)
        cv2.line(canvas, one, other, box.colour, box.width)
