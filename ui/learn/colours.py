"""Numbers and outcomes as colours of cells and images, the same in all lessons and safe for colour-blind users."""

import numpy as np
from numpy.typing import NDArray

from segcore.palette import OKABE_ITO
from segcore.types import RGB, Colour

NEGATIVE: Colour = (46, 120, 190)  # blue
POSITIVE: Colour = (214, 120, 20)  # orange
TRUE_POSITIVE: Colour = OKABE_ITO[4]  # blue
FALSE_POSITIVE: Colour = OKABE_ITO[0]  # orange
FALSE_NEGATIVE: Colour = (190, 60, 150)  # magenta


def hex_of(colour: Colour) -> str:
    """#rrggbb."""
    return "#{:02x}{:02x}{:02x}".format(*colour)


def mixed(share: float, colour: Colour, paper: Colour = (250, 250, 248)) -> Colour:
    """Linear blend from paper (0) to a colour (1)."""
    share = min(max(share, 0.0), 1.0)
    red, green, blue = (round(p + share * (c - p)) for p, c in zip(paper, colour, strict=True))
    return (red, green, blue)


def grey(value: float) -> str:
    """#rrggbb of a grey, 0 black … 1 white."""
    level = round(255 * min(max(value, 0.0), 1.0))
    return hex_of((level, level, level))


def diverging(value: float, extreme: float) -> str:
    """#rrggbb: blue below 0, white at 0, orange above; saturated at ± extreme."""
    share = value / extreme if extreme else 0.0
    return hex_of(mixed(abs(share), POSITIVE if share > 0 else NEGATIVE))


def viridis_rgb(values: NDArray[np.floating], low: float = 0.0, high: float = 1.0) -> RGB:
    """A map of numbers in viridis: dark blue is low, yellow is high. (H, W) → (H, W, 3)."""
    import cv2  # noqa: PLC0415 - only lessons with such maps need it

    share = np.clip((values - low) / ((high - low) or 1.0), 0, 1)
    coloured = cv2.applyColorMap((255 * share).round().astype(np.uint8), cv2.COLORMAP_VIRIDIS)
    return np.ascontiguousarray(coloured[..., ::-1])
