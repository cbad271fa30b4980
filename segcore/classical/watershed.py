"""Watershed: the gradient as a landscape that is flooded. Beucher and Lantuéjoul 1979; Vincent and Soille, PAMI 1991.

The height is the gradient of brightness. Water rises from the flat places; where two floods meet there is a border.
Every small flat place becomes a basin, so the result has too many regions rather than too few.
"""

import cv2
import numpy as np
from numpy.typing import NDArray
from skimage import filters, measure, segmentation

from segcore.classical.regions import by_size
from segcore.classical.thresholds import grey_of
from segcore.types import RGB

_SMOOTH = 1.5


def watershed(rgb: RGB, *, flat: int = 3, smallest: int = 60) -> NDArray[np.int32]:
    """Divide a photo into basins.

    Args:
        rgb: (h, w, 3) uint8.
        flat: a place is flat where the gradient is below this, in grey levels per pixel.
        smallest: flat places of fewer pixels make no basin.

    Returns:
        (h, w) 0 … n - 1, the largest basin first.
    """
    height = filters.sobel(cv2.GaussianBlur(grey_of(rgb), (0, 0), _SMOOTH).astype(np.float32))
    flats = measure.label(height < flat, connectivity=1)
    sizes = np.bincount(flats.ravel())
    markers = np.where(sizes[flats] >= smallest, flats, 0)
    if not markers.any():
        return np.zeros(rgb.shape[:2], np.int32)
    return by_size(segmentation.watershed(height, markers))
