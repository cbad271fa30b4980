"""Active contours without edges: Chan and Vese, IEEE Trans. Image Processing 2001.

The photo is divided into two parts such that each is close to its own mean brightness and the border between them is
short; a level set is moved by gradient descent on that sum. The second term, which Otsu lacks, removes specks and
ragged borders.
"""

import numpy as np
from numpy.typing import NDArray
from skimage import segmentation

from segcore.classical.rectangle import Inside
from segcore.classical.sides import by_brightness
from segcore.classical.thresholds import grey_of
from segcore.types import RGB

_LEAST_SIDE = 3
"""In pixels: the level set needs neighbours on both sides."""


def chan_vese(rgb: RGB, *, smoothness: int = 20, rounds: int = 60, inside: Inside | None = None) -> NDArray[np.float32]:
    """Divide a photo (h, w, 3) into two parts of even brightness; see ``sides.by_brightness``.

    ``smoothness`` is the weight µ of the border's length, in hundredths: more gives fewer, smoother parts. ``rounds``
    are steps of gradient descent. ``inside`` (h, w) is also the initial level set; None: a chessboard.
    """
    grey = grey_of(rgb)
    if min(grey.shape) < _LEAST_SIDE or np.ptp(grey) == 0:
        side = np.zeros(grey.shape, bool)
    else:
        start = "checkerboard" if inside is None or inside.all() else np.where(inside, 1.0, -1.0)
        side = segmentation.chan_vese(grey / 255.0, mu=smoothness / 100, max_num_iter=rounds, init_level_set=start)
    return by_brightness(grey, np.asarray(side, bool), inside)
