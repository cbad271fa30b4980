"""Region growing: start at a point and add neighbours that are similar.

Adams and Bischof, "Seeded region growing", IEEE Trans. PAMI 1994; here in its simplest form, in which every pixel is
compared with the seed.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from segcore.classical.sides import follow
from segcore.types import RGB


def grow(rgb: RGB, *, row: int = 50, column: int = 50, tolerance: int = 40) -> NDArray[np.float32]:
    """Return the region of a photo (h, w, 3) connected to a point and no further from its colour than the tolerance.

    The point is in per cent of height and width, the tolerance in grey levels of each of red, green and blue. The share
    of the object is 1 for the seed's colour, ½ at the tolerance, and just below ½ for pixels of similar colour that are
    not connected.
    """
    height, width = rgb.shape[:2]
    seed = (round((height - 1) * row / 100), round((width - 1) * column / 100))
    reached = np.zeros((height + 2, width + 2), np.uint8)  # OpenCV needs a border
    limits = (tolerance, tolerance, tolerance)
    flags = 4 | cv2.FLOODFILL_FIXED_RANGE | cv2.FLOODFILL_MASK_ONLY
    cv2.floodFill(np.ascontiguousarray(rgb).copy(), reached, seed[::-1], (0, 0, 0), limits, limits, flags)
    difference = np.abs(rgb.astype(np.int16) - rgb[seed].astype(np.int16)).max(axis=2).astype(np.float32)
    p = (tolerance + 1) / (tolerance + 1 + difference)
    return follow(reached[1:-1, 1:-1] > 0, p.astype(np.float32))
