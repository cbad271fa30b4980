"""Two sides of a photo: which of them is the object, and how sure one can be of a pixel.

The rule: the object is the side that touches the photo's border less. Things are usually photographed whole, and what
surrounds them runs out of the picture. Where a person drew a rectangle, its border takes the place of the photo's.
"""

import numpy as np
from numpy.typing import NDArray

from segcore.classical.rectangle import Inside

DECIDED = 0.505
"""Least share of the side that was chosen: just above a half, so that the choice stands."""


def object_side(side: NDArray[np.bool_], inside: Inside | None) -> NDArray[np.bool_]:
    """The object: ``side`` or everything else, by the rule above.

    Args:
        side: (h, w) one of the two sides.
        inside: (h, w) the rectangle; None where nobody drew one.
    """
    if inside is None:
        border = np.concatenate([side[0], side[-1], side[:, 0], side[:, -1]])
        return side if float(border.mean()) <= 0.5 else ~side
    padded = np.pad(inside, 1)
    surrounded = padded[:-2, 1:-1] & padded[2:, 1:-1] & padded[1:-1, :-2] & padded[1:-1, 2:]
    border = side[inside & ~surrounded]
    return (side if float(border.mean()) <= 0.5 else ~side) & inside


def by_brightness(
    grey: NDArray[np.uint8], side: NDArray[np.bool_], inside: Inside | None = None
) -> NDArray[np.float32]:
    """Two sides → how much each pixel belongs to the object, by what brightness tells.

    Each side is taken as a Gaussian of the grey values found there; a pixel's number is the share that the object's
    Gaussian has in the sum of both, and never contradicts the choice. Where there is only one side nobody can tell:
    everything is background, with ½.

    Args:
        grey: (h, w).
        side: (h, w) one of the two sides.
        inside: (h, w) the rectangle; None where nobody drew one.

    Returns:
        (h, w) 0 … 1.
    """
    within = np.ones(grey.shape, bool) if inside is None else inside
    if side[within].all() or not side[within].any():
        return np.where(within, np.float32(0.5), np.float32(0))
    is_object = object_side(side, inside)
    values = grey.astype(np.float32)
    p = share(_gaussian(values, values[within & is_object]), _gaussian(values, values[within & ~is_object]))
    return np.where(within, follow(is_object, p), np.float32(0))


def follow(is_object: NDArray[np.bool_], p: NDArray[np.float32]) -> NDArray[np.float32]:
    """Shares of "object" that never contradict the choice that was made."""
    return np.where(is_object, np.maximum(p, DECIDED), np.minimum(p, 1 - DECIDED)).astype(np.float32)


def share(mine: NDArray[np.float32], other: NDArray[np.float32]) -> NDArray[np.float32]:
    """Mine in the sum of both; ½ where both are 0."""
    total = mine + other
    return np.divide(mine, total, out=np.full_like(mine, 0.5), where=total > 0)


def _gaussian(grey: NDArray[np.float32], values: NDArray[np.float32]) -> NDArray[np.float32]:
    """How many pixels a Gaussian through ``values`` expects at each pixel's grey value, up to a common factor."""
    mean, spread = values.mean(), max(float(values.std()), 1.0)
    return np.exp(-0.5 * ((grey - mean) / spread) ** 2) * np.float32(len(values) / spread)
