"""k-means: group pixels by colour. Lloyd, "Least squares quantization in PCM", 1957; initialised by k-means++ (2007).

Each pixel is assigned to the nearest of k mean colours, each mean moves to the mean of its pixels, until nothing
changes. Position has no influence unless ``place`` is above 0: a group is a colour, not an object.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from segcore.classical.regions import by_size
from segcore.types import RGB

_ROUNDS = 30
_TRIES = 3


def kmeans(rgb: RGB, *, groups: int = 4, place: int = 0) -> NDArray[np.int32]:
    """Group the pixels of a photo.

    Args:
        rgb: (h, w, 3) uint8.
        groups: k; fewer where there are fewer pixels.
        place: weight of position relative to colour, in per cent: at 100 the photo's longer side weighs as much as
            black against white.

    Returns:
        (h, w) 0 … k - 1, the largest group first; reproducible.
    """
    height, width = rgb.shape[:2]
    lab = cv2.cvtColor(rgb.astype(np.float32) / 255, cv2.COLOR_RGB2Lab)  # L 0 … 100: equal steps look equal
    rows, columns = np.mgrid[:height, :width].astype(np.float32) / max(height, width)
    features = np.dstack([lab, rows * place, columns * place]).reshape(-1, 5).astype(np.float32)
    if len(features) == 1:  # OpenCV would read a single row as five points
        return np.zeros((height, width), np.int32)
    k = min(groups, len(features))
    cv2.setRNGSeed(0)  # the means start at random; the result should be reproducible
    stop = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_MAX_ITER, _ROUNDS, 0.1)
    _, found, _ = cv2.kmeans(features, k, None, stop, _TRIES, cv2.KMEANS_PP_CENTERS)  # type: ignore[call-overload]
    return by_size(np.asarray(found, np.int32).reshape(height, width))
