"""GrabCut: two colour models and a short border. Rother, Kolmogorov, Blake, SIGGRAPH 2004.

From an initial mask, here Otsu's or a rectangle, the colours of object and background are fitted by five Gaussians
each; then the cheapest border between the two is computed as a graph cut; and again. Unlike a threshold it uses colour,
and it prefers short borders along edges.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from segcore.classical.rectangle import Inside
from segcore.classical.sides import DECIDED, follow, share
from segcore.classical.thresholds import otsu
from segcore.types import RGB

_COMPONENTS = 5
"""Gaussians per side, as in the paper."""

_MIN_SEED_PIXELS = 16
"""Minimum pixels per side to fit five Gaussians; with fewer the initial mask is returned."""


def grabcut(rgb: RGB, *, rounds: int = 4, inside: Inside | None = None) -> NDArray[np.float32]:
    """Separate an object in a photo (h, w, 3) by colour and border; the border hardly moves after three ``rounds``.

    The share of the object is its colour model's density relative to the sum of both, smoothed. Where the cut
    contradicts the colour of a pixel for a shorter border, it stays near ½. ``inside`` (h, w), where the object may be,
    is also the initial mask, unless it leaves nothing outside.
    """
    initial = otsu(rgb, inside=inside)
    within = np.ones(rgb.shape[:2], bool) if inside is None else inside
    # A rectangle around the object is better than any threshold, unless it leaves nothing outside.
    drawn = inside is not None and np.count_nonzero(~within) >= _MIN_SEED_PIXELS
    is_object = within if drawn else initial > 0.5
    if min(np.count_nonzero(is_object), np.count_nonzero(~is_object)) < _MIN_SEED_PIXELS:
        return initial
    mask = np.where(is_object, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    mask[~within] = cv2.GC_BGD
    background, foreground = np.zeros((1, 13 * _COMPONENTS)), np.zeros((1, 13 * _COMPONENTS))
    cv2.setRNGSeed(0)  # the colour models start at random; the result should be reproducible
    cv2.grabCut(rgb, mask, (0, 0, 0, 0), background, foreground, rounds, cv2.GC_INIT_WITH_MASK)
    cut = (mask == cv2.GC_PR_FGD) | (mask == cv2.GC_FGD)
    if not cut.any():  # no object colours to compare with
        return np.where(within, np.float32(1 - DECIDED), np.float32(0))
    p = share(_mixture(rgb, foreground[0]), _mixture(rgb, background[0]))
    p = np.asarray(cv2.blur(p, (5, 5)), np.float32)
    return np.where(within, follow(cut, p), np.float32(0))


def _mixture(rgb: RGB, model: NDArray[np.float64]) -> NDArray[np.float32]:
    """Return the density of each pixel's colour under one of GrabCut's colour models.

    OpenCV stores a model as the weights of its Gaussians, then their means, then their covariances, row by row.
    """
    weights = model[:_COMPONENTS]
    means = model[_COMPONENTS : 4 * _COMPONENTS].reshape(_COMPONENTS, 3)
    covariances = model[4 * _COMPONENTS :].reshape(_COMPONENTS, 3, 3)
    pixels = rgb.reshape(-1, 3).astype(np.float32)
    density = np.zeros(len(pixels), np.float32)
    for weight, mean, covariance in zip(weights, means, covariances, strict=True):
        if weight == 0:
            continue
        noisy = covariance + np.eye(3)  # one grey level of noise, for constant colours
        whiten = np.linalg.inv(np.linalg.cholesky(noisy)).astype(np.float32)
        offsets = (pixels - mean.astype(np.float32)) @ whiten.T
        density += np.exp(-0.5 * (offsets**2).sum(axis=1)) * np.float32(weight / np.sqrt(np.linalg.det(noisy)))
    return density.reshape(rgb.shape[:2])
