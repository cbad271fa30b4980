"""Two sides of a photo: which is the object, and with what confidence.

The rule: the object is the side that touches the photo's border less, as objects are usually photographed whole and
their surroundings are cut off. If the user draws a rectangle, its border replaces the photo's.
"""

import numpy as np
from numpy.typing import NDArray

from segcore.classical.rectangle import Inside

DECIDED = 0.505
"""Minimum share of the chosen side: just above ½, so that it stays chosen."""


def object_side(side: NDArray[np.bool_], inside: Inside | None) -> NDArray[np.bool_]:
    """Return the object (h, w), ``side`` or its complement, by the rule above."""
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
    """Return the share of the object at each pixel (h, w), 0 … 1, by brightness.

    Each side is modelled by a Gaussian of its grey values; the share is the object's density relative to the sum of
    both, and never contradicts the chosen side. If there is only one side, everything is background with ½.
    """
    within = np.ones(grey.shape, bool) if inside is None else inside
    if side[within].all() or not side[within].any():
        return np.where(within, np.float32(0.5), np.float32(0))
    is_object = object_side(side, inside)
    values = grey.astype(np.float32)
    p = share(_gaussian(values, values[within & is_object]), _gaussian(values, values[within & ~is_object]))
    return np.where(within, follow(is_object, p), np.float32(0))


def follow(is_object: NDArray[np.bool_], p: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return shares of the object, limited so that they do not contradict the chosen side."""
    return np.where(is_object, np.maximum(p, DECIDED), np.minimum(p, 1 - DECIDED)).astype(np.float32)


def share(mine: NDArray[np.float32], other: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return mine / (mine + other); ½ where both are 0."""
    total = mine + other
    result = np.full_like(mine, 0.5)
    np.divide(mine, total, out=result, where=total > 0)
    return result


def _gaussian(grey: NDArray[np.float32], values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the density at each pixel's grey value of a Gaussian fitted to ``values``, times their number."""
    mean, spread = values.mean(), max(float(values.std()), 1.0)
    return np.asarray(np.exp(-0.5 * ((grey - mean) / spread) ** 2) * np.float32(len(values) / spread), np.float32)
