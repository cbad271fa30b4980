"""Watershed: the photo as a landscape, flooded. Beucher and Lantuéjoul 1979; Vincent and Soille, PAMI 1991.

The height of the land is how fast brightness changes. Water rises from the flat places; where two floods meet stands a
border. Every little plain makes a basin of its own, which is why it gives too many regions rather than too few.
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
        flat: a place is flat where brightness changes by fewer grey levels from pixel to pixel than this.
        smallest: flat places of fewer pixels make no basin.

    Returns:
        (h, w) 0 … n - 1, the largest basin first.
    """
    height = filters.sobel(cv2.GaussianBlur(grey_of(rgb), (0, 0), _SMOOTH).astype(np.float32))
    plains = measure.label(height < flat, connectivity=1)
    sizes = np.bincount(plains.ravel())
    springs = np.where(sizes[plains] >= smallest, plains, 0)
    if not springs.any():
        return np.zeros(rgb.shape[:2], np.int32)
    return by_size(segmentation.watershed(height, springs))
