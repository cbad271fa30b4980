"""Thresholding by brightness: one threshold for the whole photo (Otsu), or one per position (adaptive).

Otsu ("A threshold selection method from gray-level histograms", IEEE Trans. SMC 1979) splits the grey values into two
groups of minimum variance. It fails under uneven light: the shaded side of a page is darker than the ink on its bright
side. The adaptive threshold (Bradley and Roth, "Adaptive thresholding using the integral image", 2007, here with a
Gaussian window) compares each pixel with the mean of its surroundings.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from segcore.classical.rectangle import Inside
from segcore.classical.sides import by_brightness, follow, object_side
from segcore.types import RGB

_SOFT = 8.0
"""Grey levels from the threshold at which the adaptive share is 73 %."""


def grey_of(rgb: RGB) -> NDArray[np.uint8]:
    """Return the brightness (h, w) by ITU-R BT.601."""
    return np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), np.uint8)


def otsu_threshold(grey: NDArray[np.uint8]) -> int:
    """Return the highest grey value of the dark group; any shape, at least one value."""
    threshold, _ = cv2.threshold(grey.reshape(-1, 1), 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    return int(threshold)


def otsu(rgb: RGB, *, inside: Inside | None = None) -> NDArray[np.float32]:
    """Split a photo (h, w, 3) at Otsu's threshold, computed ``inside`` only; see ``sides.by_brightness``."""
    grey = grey_of(rgb)
    return by_brightness(grey, grey > otsu_threshold(grey if inside is None else grey[inside]), inside)


def adaptive(rgb: RGB, *, window: int = 61, offset: int = 8, inside: Inside | None = None) -> NDArray[np.float32]:
    """Split a photo (h, w, 3) into pixels that differ from their surroundings, ``window`` pixels wide, and the others.

    A pixel must be darker by ``offset`` grey levels; below 0: brighter, to find bright objects. The share of the object
    follows the rule of ``sides`` and is logistic in the distance from the threshold.
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
