"""Bright or dark: one threshold for the whole photo (Otsu), or one for every place (adaptive).

Otsu's threshold ("A threshold selection method from gray-level histograms", IEEE Trans. SMC 1979) splits the grey
values in two groups so that each group varies as little as possible. It fails where the light is uneven: the shadow
side of a page is darker than the ink on its bright side. The adaptive threshold (Bradley and Roth, "Adaptive
thresholding using the integral image", 2007, here with a Gaussian window) compares every pixel with the mean of its
own surroundings.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from segcore.classical.rectangle import Inside
from segcore.classical.sides import by_brightness, follow, object_side
from segcore.types import RGB

_SOFT = 8.0
"""Grey levels from the threshold at which an adaptive choice is 73 % sure."""


def grey_of(rgb: RGB) -> NDArray[np.uint8]:
    """Brightness (h, w) by ITU-R BT.601."""
    return np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), np.uint8)


def otsu_threshold(grey: NDArray[np.uint8]) -> int:
    """The grey value up to which a pixel is dark; any shape, at least one value."""
    threshold, _ = cv2.threshold(grey.reshape(-1, 1), 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    return int(threshold)


def otsu(rgb: RGB, *, inside: Inside | None = None) -> NDArray[np.float32]:
    """Split a photo by brightness, at the value that Otsu finds.

    Args:
        rgb: (h, w, 3) uint8.
        inside: (h, w) where the object may be; only there is the threshold sought.

    Returns:
        (h, w) object or not, see ``sides.by_brightness``.
    """
    grey = grey_of(rgb)
    return by_brightness(grey, grey > otsu_threshold(grey if inside is None else grey[inside]), inside)


def adaptive(rgb: RGB, *, window: int = 61, offset: int = 8, inside: Inside | None = None) -> NDArray[np.float32]:
    """Split a photo into pixels that stand out from their surroundings, and the others.

    Args:
        rgb: (h, w, 3) uint8.
        window: side of the surroundings in pixels.
        offset: by how many grey levels a pixel must be darker; below 0: brighter, so that bright things are found.
        inside: (h, w) where the object may be.

    Returns:
        (h, w) object or not, by the rule of ``sides``; a logistic curve of the distance from the threshold.
    """
    grey = grey_of(rgb).astype(np.float32)
    brighter = grey - cv2.GaussianBlur(grey, (0, 0), window / 6) + np.float32(offset)
    within = np.ones(grey.shape, bool) if inside is None else inside
    side = brighter > 0
    if side[within].all() or not side[within].any():
        return np.where(within, np.float32(0.5), np.float32(0))
    is_object = object_side(side, inside)
    p = 1 / (1 + np.exp(-np.abs(brighter) / _SOFT))
    return np.where(within, follow(is_object, np.where(is_object, p, 1 - p).astype(np.float32)), np.float32(0))
