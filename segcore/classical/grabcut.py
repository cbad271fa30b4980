"""GrabCut: two sets of colours and a short border. Rother, Kolmogorov, Blake, SIGGRAPH 2004.

From a first guess, here Otsu's or a rectangle, the colours of object and background are learnt as five Gaussians each;
then the cheapest border between the two is found as a cut through the graph of pixels; and again. It sees colour where
a threshold sees only brightness, and likes borders that are short and lie on edges.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from segcore.classical.rectangle import Inside
from segcore.classical.sides import DECIDED, follow, share
from segcore.classical.thresholds import otsu
from segcore.types import RGB

_COMPONENTS = 5
"""Gaussians a side, as in the paper."""

_MIN_SEED_PIXELS = 16
"""Five Gaussians cannot be learnt from fewer pixels a side; then the first guess is the answer."""


def grabcut(rgb: RGB, *, rounds: int = 4, inside: Inside | None = None) -> NDArray[np.float32]:
    """Separate an object by colour and border.

    The cut may go against the colours of a pixel for the sake of a shorter border; there the answer stays near a half.

    Args:
        rgb: (h, w, 3) uint8.
        rounds: learn colours, cut, again. The border hardly moves after the third.
        inside: (h, w) where the object may be; the first guess, unless it leaves nothing outside.

    Returns:
        (h, w) object or not: the share of the object's colours in the sum of both sides', over a few pixels.
    """
    first_guess = otsu(rgb, inside=inside)
    within = np.ones(rgb.shape[:2], bool) if inside is None else inside
    # A rectangle around the object is a better guess than any threshold, unless it leaves nothing outside.
    drawn = inside is not None and np.count_nonzero(~within) >= _MIN_SEED_PIXELS
    is_object = within if drawn else first_guess > 0.5
    if min(np.count_nonzero(is_object), np.count_nonzero(~is_object)) < _MIN_SEED_PIXELS:
        return first_guess
    mask = np.where(is_object, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    mask[~within] = cv2.GC_BGD
    background, foreground = np.zeros((1, 13 * _COMPONENTS)), np.zeros((1, 13 * _COMPONENTS))
    cv2.setRNGSeed(0)  # the colours are grouped from random beginnings; the same photo shall have the same answer
    cv2.grabCut(rgb, mask, (0, 0, 0, 0), background, foreground, rounds, cv2.GC_INIT_WITH_MASK)
    cut = (mask == cv2.GC_PR_FGD) | (mask == cv2.GC_FGD)
    if not cut.any():  # so there are no colours of an object to compare with
        return np.where(within, np.float32(1 - DECIDED), np.float32(0))
    p = share(_mixture(rgb, foreground[0]), _mixture(rgb, background[0]))
    p = np.asarray(cv2.blur(p, (5, 5)), np.float32)
    return np.where(within, follow(cut, p), np.float32(0))


def _mixture(rgb: RGB, model: NDArray[np.float64]) -> NDArray[np.float32]:
    """Density of each pixel's colour under one of GrabCut's colour models.

    OpenCV lays a model out as the weights of its Gaussians, then their means, then their covariances, row by row.
    """
    weights = model[:_COMPONENTS]
    means = model[_COMPONENTS : 4 * _COMPONENTS].reshape(_COMPONENTS, 3)
    covariances = model[4 * _COMPONENTS :].reshape(_COMPONENTS, 3, 3)
    pixels = rgb.reshape(-1, 3).astype(np.float32)
    density = np.zeros(len(pixels), np.float32)
    for weight, mean, covariance in zip(weights, means, covariances, strict=True):
        if weight == 0:
            continue
        noisy = covariance + np.eye(3)  # one grey level of noise; a constant colour has none of its own
        whiten = np.linalg.inv(np.linalg.cholesky(noisy)).astype(np.float32)
        offsets = (pixels - mean.astype(np.float32)) @ whiten.T
        density += np.exp(-0.5 * (offsets**2).sum(axis=1)) * np.float32(weight / np.sqrt(np.linalg.det(noisy)))
    return density.reshape(rgb.shape[:2])
