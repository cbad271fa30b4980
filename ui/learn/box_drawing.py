"""Boxes drawn over an enlarged picture. Every line is dark and light, so it is seen on anything."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np

from segcore.explain.objects import Box
from segcore.types import RGB, Colour

LONGEST = 512
"""Pictures are enlarged to about so many pixels."""

DASH = 12
"""Pixels of a dash, and of the gap after it."""


@dataclass(frozen=True, eq=False)
class Outline:
    """One box.

    Attributes:
        box: (4,) xyxy in pixels of the picture.
        colour: of the line.
        width: of the line, in pixels of the enlarged picture.
        dashed: differs by more than its colour.
        label: Latin letters or digits at its upper left corner; empty for none.
    """

    box: Box
    colour: Colour
    width: int = 3
    dashed: bool = False
    label: str = ""


def drawn(rgb: RGB, outlines: Sequence[Outline], dots: Sequence[tuple[float, float]] = ()) -> RGB:
    """A picture with boxes.

    Args:
        rgb: (H, W, 3) uint8; it is not changed.
        outlines: later ones lie over earlier ones; labels over all.
        dots: (x, y) in pixels of the picture.

    Returns:
        (H · f, W · f, 3), every pixel f x f times, f a whole number.
    """
    factor = max(1, round(LONGEST / max(rgb.shape[:2])))
    canvas = np.ascontiguousarray(rgb.repeat(factor, axis=0).repeat(factor, axis=1))
    for x, y in dots:
        cv2.circle(canvas, (round(x * factor), round(y * factor)), 2, (90, 90, 90), cv2.FILLED, cv2.LINE_AA)
    for outline in outlines:
        x1, y1, x2, y2 = (round(float(edge) * factor) for edge in outline.box)
        corners = [(x1, y1), (x2, y1), (x2, y2), (x1, y2), (x1, y1)]
        for begin, end in pairwise(corners):
            _line(canvas, begin, end, outline)
    for outline in outlines:  # over all lines
        if outline.label:
            x1, y1 = (round(float(edge) * factor) for edge in outline.box[:2])
            _write(canvas, outline.label, (x1 + 5, y1 + 21))
    return canvas


def _line(canvas: RGB, begin: tuple[int, int], end: tuple[int, int], outline: Outline) -> None:
    length = max(abs(end[0] - begin[0]), abs(end[1] - begin[1]))
    count = max(1, round(length / DASH)) if outline.dashed else 1
    places = np.linspace(begin, end, count + 1).round().astype(int).tolist()
    for index, (one, other) in enumerate(pairwise(places)):
        if index % 2 == 0:
            cv2.line(canvas, one, other, (255, 255, 255), outline.width + 2)
            cv2.line(canvas, one, other, outline.colour, outline.width)


def _write(canvas: RGB, words: str, place: tuple[int, int]) -> None:
    for colour, width in (((255, 255, 255), 5), ((20, 20, 20), 2)):
        cv2.putText(canvas, words, place, cv2.FONT_HERSHEY_SIMPLEX, 0.65, colour, width, cv2.LINE_AA)
