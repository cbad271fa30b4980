"""Felzenszwalb and Huttenlocher, "Efficient graph-based image segmentation", IJCV 2004.

Neighbouring pixels are joined in the order of their difference, as long as the difference between two regions is not
larger than what varies within them anyhow. One pass; even areas become large regions, rich ones many small.
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
        scale: k of the paper; a larger one gives larger regions.
        smallest: smaller regions are joined to a neighbour.

    Returns:
        (h, w) 0 … n - 1, the largest region first.
    """
    return by_size(segmentation.felzenszwalb(rgb, scale=scale, sigma=_SMOOTH, min_size=smallest))
