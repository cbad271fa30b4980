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
    """Return the edges of a photo.

    Args:
        rgb: (h, w, 3) uint8.
        weak: an edge continues while the gradient is larger than this (grey levels over Sobel's 3 × 3).
        strong: an edge starts where it is larger than this.

    Returns:
        (h, w) 1 on an edge, 0 elsewhere.
    """
    smooth = cv2.GaussianBlur(grey_of(rgb), (0, 0), _SMOOTH)
    found = cv2.Canny(smooth, min(weak, strong), max(weak, strong), L2gradient=True)
    return (found > 0).astype(np.float32)


def areas_between(edges: NDArray[np.float32]) -> NDArray[np.int32]:
    """Return the areas that edges enclose; pixels of an edge belong to the nearest area.

    Args:
        edges: (h, w) as from ``canny``.

    Returns:
        (h, w) 0 … n - 1.
    """
    areas = measure.label(edges == 0, connectivity=1)
    if not areas.any():  # edges everywhere
        return np.zeros(edges.shape, np.int32)
    whole = segmentation.expand_labels(areas, distance=sum(edges.shape))
    return np.asarray(whole - 1, np.int32)
