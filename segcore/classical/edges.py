"""Edges by Canny, "A computational approach to edge detection", IEEE Trans. PAMI 1986.

Smooth, compute the gradient, keep its ridges, and of those the strong ones and the weak ones connected to them. The
result is lines, not areas: where a line has a gap, inside and outside are one area.
"""

import cv2
import numpy as np
from numpy.typing import NDArray
from skimage import measure, segmentation

from segcore.classical.thresholds import grey_of
from segcore.types import RGB

_SMOOTH = 1.4
"""Sigma in pixels, as in most of Canny's figures."""


def canny(rgb: RGB, *, weak: int = 40, strong: int = 100) -> NDArray[np.float32]:
    """Return the edges of a photo (h, w, 3): 1 on an edge, 0 elsewhere.

    An edge starts where the gradient is larger than ``strong`` and continues while it is larger than ``weak`` (grey
    levels over Sobel's 3 × 3).
    """
    smooth = cv2.GaussianBlur(grey_of(rgb), (0, 0), _SMOOTH)
    found = cv2.Canny(smooth, min(weak, strong), max(weak, strong), L2gradient=True)
    return (found > 0).astype(np.float32)


def areas_between(edges: NDArray[np.float32]) -> NDArray[np.int32]:
    """Return the areas (h, w), 0 … n - 1, that edges enclose; pixels of an edge belong to the nearest area."""
    areas = measure.label(edges == 0, connectivity=1)
    if not areas.any():  # edges everywhere
        return np.zeros(edges.shape, np.int32)
    whole = segmentation.expand_labels(areas, distance=sum(edges.shape))
    return np.asarray(whole - 1, np.int32)
