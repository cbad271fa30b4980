"""Felzenszwalb and Huttenlocher, "Efficient graph-based image segmentation", IJCV 2004.

Neighbouring pixels are merged in the order of their difference, as long as the difference between two regions is not
larger than the variation within them. Even areas become large regions, textured ones many small regions.
"""

import numpy as np
from numpy.typing import NDArray
from skimage import segmentation

from segcore.classical.regions import by_size
from segcore.types import RGB

_SMOOTH = 0.8
"""Sigma in pixels, as in the paper."""


def felzenszwalb(rgb: RGB, *, scale: int = 150, smallest: int = 60) -> NDArray[np.int32]:
    """Divide a photo into regions.

    Args:
        rgb: (h, w, 3) uint8.
        scale: k of the paper; more gives larger regions.
        smallest: smaller regions are merged with a neighbour, in pixels.

    Returns:
        (h, w) 0 … n - 1, the largest region first.
    """
    return by_size(segmentation.felzenszwalb(rgb, scale=scale, sigma=_SMOOTH, min_size=smallest))
