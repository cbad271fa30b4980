"""Class → colour, and labels → RGB.

The first colours are the palette of Okabe and Ito ("Color Universal Design", 2008, https://jfly.uni-koeln.de/color/),
which people with colour-vision deficiency can distinguish; a background is dark grey. Further classes have hues spaced
by the golden angle at two lightness levels. No palette of twenty colours is safe for everyone, so the viewer also has
contours, "solo" and the class under the pointer.
"""

import colorsys
from collections.abc import Sequence

import numpy as np

from segcore.types import IGNORE, RGB, Colour, LabelMap

OKABE_ITO: tuple[Colour, ...] = (
    (230, 159, 0),  # orange
    (86, 180, 233),  # sky blue
    (0, 158, 115),  # bluish green
    (240, 228, 66),  # yellow
    (0, 114, 178),  # blue
    (213, 94, 0),  # vermillion
    (204, 121, 167),  # reddish purple
)
BACKGROUND: Colour = (40, 40, 40)
IGNORE_COLOUR: Colour = (224, 224, 224)

_BACKGROUND_NAMES = frozenset({"background", "bg", "void", "unlabelled", "unlabeled", "other"})


def default_colours(classes: Sequence[str]) -> tuple[Colour, ...]:
    """One distinct colour per class, always the same for the same names; `background_id` is dark grey."""
    colours: list[Colour] = [] if background_id(classes) is None else [BACKGROUND]
    for index in range(len(classes) - len(colours)):
        colours.append(OKABE_ITO[index] if index < len(OKABE_ITO) else _golden_angle_colour(index))
    return tuple(colours)


def is_background(name: str) -> bool:
    """Whether a class of this name marks no object: background, void, other and the like."""
    return name.lower() in _BACKGROUND_NAMES


def background_id(classes: Sequence[str]) -> int | None:
    """The id of the background: 0 where the first class is one by `is_background`, else None."""
    return 0 if classes and is_background(classes[0]) else None


def _golden_angle_colour(index: int) -> Colour:
    """Hues 137.5 degrees apart never repeat; two lightness levels separate neighbours in greyscale."""
    hue = (index * 0.381966) % 1.0
    red, green, blue = colorsys.hls_to_rgb(hue, 0.42 if index % 2 else 0.68, 0.62)
    return (round(red * 255), round(green * 255), round(blue * 255))


def transparent_id(colours: Sequence[Colour]) -> int | None:
    """The id that is left unpainted over a photo: 0 where its colour is `BACKGROUND`, else None."""
    return 0 if len(colours) and tuple(colours[0]) == BACKGROUND else None


def colour_table(colours: Sequence[Colour]) -> RGB:
    """A (256, 3) uint8 look-up table: class id → colour, IGNORE → light grey, unused ids → black."""
    table = np.zeros((256, 3), np.uint8)
    table[: len(colours)] = np.asarray(colours, np.uint8).reshape(-1, 3)
    table[IGNORE] = IGNORE_COLOUR
    return table


def colourise(labels: LabelMap, colours: Sequence[Colour]) -> RGB:
    """Labels (H, W) uint8 → RGB (H, W, 3) uint8."""
    return colour_table(colours)[labels]


def overlay(rgb: RGB, labels: LabelMap, colours: Sequence[Colour], *, opacity: float = 0.5) -> RGB:
    """The photo (H, W, 3) uint8 blended with the colours of its mask; opacity 0 shows the photo, 1 the colours.

    IGNORE pixels keep the photo's colour, and so does the class of `transparent_id`.
    """
    share = round(opacity * 256)  # integers: floats of a 24-megapixel photo would take half a gigabyte
    mixed = (rgb * np.uint16(256 - share) + colourise(labels, colours) * np.uint16(share)) >> 8
    shown = labels != IGNORE
    if transparent_id(colours) is not None:
        shown &= labels != transparent_id(colours)
    return np.where(shown[..., None], mixed.astype(np.uint8), rgb)
