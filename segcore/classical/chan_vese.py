"""Active contours without edges: Chan and Vese, IEEE Trans. Image Processing 2001.

The photo is divided in two so that each part is close to its own mean brightness and the border between them is short.
A curve moves downhill on that sum. Otsu asks only for the first; the second takes specks and frayed borders away.
"""

import numpy as np
from numpy.typing import NDArray
from skimage import segmentation

from segcore.classical.rectangle import Inside
from segcore.classical.sides import by_brightness
from segcore.classical.thresholds import grey_of
from segcore.types import RGB

_LEAST_SIDE = 3
"""A curve needs neighbours to both sides."""


def chan_vese(rgb: RGB, *, smoothness: int = 20, rounds: int = 60, inside: Inside | None = None) -> NDArray[np.float32]:
    """Divide a photo in two parts of even brightness.

    Args:
        rgb: (h, w, 3) uint8.
        smoothness: hundredths; the weight µ of the border's length. More gives smoother, fewer pieces.
        rounds: steps downhill.
        inside: (h, w) where the object may be. The curve begins there, else as a chessboard over everything.

    Returns:
        (h, w) object or not, see ``sides.by_brightness``.
    """
    grey = grey_of(rgb)
    if min(grey.shape) < _LEAST_SIDE or np.ptp(grey) == 0:
        side = np.zeros(grey.shape, bool)
    else:
        start = "checkerboard" if inside is None or inside.all() else np.where(inside, 1.0, -1.0)
        side = segmentation.chan_vese(grey / 255.0, mu=smoothness / 100, max_num_iter=rounds, init_level_set=start)
    return by_brightness(grey, np.asarray(side, bool), inside)
