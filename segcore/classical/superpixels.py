"""SLIC superpixels: Achanta et al., "SLIC superpixels compared to state-of-the-art superpixel methods", PAMI 2012.

k-means in five dimensions, colour and position, in which each mean only competes in its own neighbourhood: many compact
regions of similar size that follow the borders of objects.
"""

import numpy as np
from numpy.typing import NDArray
from skimage import segmentation

from segcore.classical.regions import by_size
from segcore.types import RGB


def slic(rgb: RGB, *, segments: int = 150, compactness: int = 10) -> NDArray[np.int32]:
    """Divide a photo into superpixels.

    Args:
        rgb: (h, w, 3) uint8.
        segments: approximate number.
        compactness: weight of position relative to colour; more makes them squarer.

    Returns:
        (h, w) 0 … n - 1, the largest first.
    """
    if min(rgb.shape[:2]) == 1 or np.ptp(rgb) == 0:  # one row, one column or one colour
        return np.zeros(rgb.shape[:2], np.int32)
    count = min(segments, rgb.shape[0] * rgb.shape[1])
    return by_size(segmentation.slic(rgb, n_segments=count, compactness=compactness, start_label=0))
