"""Two ways to separate an object from its background without any network, to see what learning adds.

Otsu's threshold ("A threshold selection method from gray-level histograms", IEEE Trans. SMC 1979) splits the grey
values of a photo in two groups so that each group varies as little as possible. GrabCut (Rother, Kolmogorov, Blake,
SIGGRAPH 2004) learns the colours of object and background from a first guess, here Otsu's or a rectangle, and then
finds the cheapest border between the two, again and again. Neither knows what a cat is.

Both answer with the same ``Prediction`` as a network: classes "background" and "object".
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from segcore.data import working_size as working_size_of
from segcore.errors import BadConfig
from segcore.inference.decision import decide
from segcore.palette import default_colours
from segcore.types import RGB, Prediction

CLASSES = ("background", "object")

WORKING_SIDE = 384
"""Longer side in pixels at which a larger photo is looked at; GrabCut takes about half a second there."""

_ROUNDS = 4
"""Of GrabCut: learn colours, cut, again. The border hardly moves after the third."""

_COMPONENTS = 5
"""Gaussians a side, as in the paper."""

_MIN_SEED_PIXELS = 16
"""Five Gaussians cannot be learnt from fewer pixels a side; then the first guess is the answer."""

_DECIDED = 0.505
"""Least probability of the side that was chosen: just above a half, so that the choice stands."""


@dataclass(frozen=True)
class Rectangle:
    """Part of a photo, in its pixels; ``bottom`` and ``right`` are the first row and column outside.

    Attributes:
        top: first row inside.
        left: first column inside.
        bottom: first row below.
        right: first column to the right.
    """

    top: int
    left: int
    bottom: int
    right: int


def otsu(rgb: RGB, rectangle: Rectangle | None = None) -> Prediction:
    """Split a photo by brightness.

    The object is the side of the threshold that touches the photo's border less: things are usually photographed
    whole. The confidence is no probability. It is ½ at the threshold and grows with the distance from it: each side is
    taken as a Gaussian of the grey values found there, and the confidence is the share that the chosen one has in
    their sum. Where only one grey value exists, everything is background with confidence ½.

    Args:
        rgb: (H, W, 3) uint8, any size.
        rectangle: where the object is: outside is background for certain, and only inside is the threshold sought.

    Raises:
        BadConfig: the rectangle holds no pixel of the photo.
    """
    return _predict(rgb, rectangle, "Otsu", _otsu_object)


def grabcut(rgb: RGB, rectangle: Rectangle | None = None) -> Prediction:
    """Separate an object by colour and border, beginning with Otsu's guess or with a rectangle around it.

    The confidence compares the two colour models that GrabCut has learnt: the share of the chosen side's density in
    the sum of both, averaged over a few pixels. The cut may go against the colours of a pixel for the sake of a shorter
    border; there the confidence is ½, the least that a choice between two can have.

    Args:
        rgb: (H, W, 3) uint8, any size.
        rectangle: around the object; everything outside is background for certain.

    Raises:
        BadConfig: the rectangle holds no pixel of the photo.
    """
    return _predict(rgb, rectangle, "GrabCut", _grabcut_object)


CLASSICAL: dict[str, Callable[[RGB, Rectangle | None], Prediction]] = {"grabcut": grabcut, "otsu": otsu}
"""What can be chosen beside the checkpoints."""

Inside = NDArray[np.bool_]
"""(h, w): where an object may be."""

_Method = Callable[[RGB, Inside, bool], NDArray[np.float32]]
"""Photo at working size, where an object may be, whether a person said so → probability of object (h, w)."""


def _predict(rgb: RGB, rectangle: Rectangle | None, engine: str, method: _Method) -> Prediction:
    """Downsize, run ``method``, and bring the probability of "object" back to the photo's size."""
    if rgb.ndim != 3 or rgb.shape[2] != 3 or rgb.dtype != np.uint8 or rgb.size == 0:
        raise ValueError(f"an image is (H, W, 3) uint8, not {rgb.shape} {rgb.dtype}")
    size = (rgb.shape[0], rgb.shape[1])
    start = time.perf_counter()
    working_size = size if max(size) <= WORKING_SIDE else working_size_of(size, WORKING_SIDE)
    small = np.asarray(cv2.resize(rgb, working_size[::-1], interpolation=cv2.INTER_AREA), np.uint8)
    inside = _inside(size, working_size, rectangle)
    p = method(small, inside, rectangle is not None)
    maps = decide([np.stack([1 - p, p])], working_size, size)
    seconds = time.perf_counter() - start
    return Prediction(
        labels=maps.labels,
        confidence=maps.confidence,
        runner_up=maps.runner_up,
        uncertainty=maps.uncertainty,
        classes=CLASSES,
        colours=default_colours(CLASSES),
        seconds=seconds,
        working_size=working_size,
        tiles=1,
        engine=engine,
    )


def _inside(size: tuple[int, int], working_size: tuple[int, int], rectangle: Rectangle | None) -> Inside:
    """The rectangle, or everything, as a mask at working size; never empty."""
    if rectangle is None:
        return np.ones(working_size, bool)
    top, bottom = (min(max(row, 0), size[0]) for row in (rectangle.top, rectangle.bottom))
    left, right = (min(max(column, 0), size[1]) for column in (rectangle.left, rectangle.right))
    if top >= bottom or left >= right:
        raise BadConfig(
            f"The rectangle from ({rectangle.top}, {rectangle.left}) to ({rectangle.bottom}, {rectangle.right}) holds "
            f"no pixel of this photo of {size[0]} rows and {size[1]} columns. Draw it on the photo, from its upper "
            "left to its lower right corner."
        )
    down, across = working_size[0] / size[0], working_size[1] / size[1]
    inside = np.zeros(working_size, bool)
    inside[int(top * down) : max(int(top * down) + 1, round(bottom * down)), :] = True
    inside[:, : int(left * across)] = False
    inside[:, max(int(left * across) + 1, round(right * across)) :] = False
    return inside


def _otsu_object(rgb: RGB, inside: Inside, seeded: bool) -> NDArray[np.float32]:
    grey = np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), np.uint8)
    threshold, _ = cv2.threshold(grey[inside], 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    bright = grey > threshold
    if bright[inside].all() or not bright[inside].any():  # one grey value: nothing to tell apart
        return np.where(inside, np.float32(0.5), np.float32(0))
    is_object = bright if _is_bright_object(bright, inside, seeded) else ~bright
    values = grey.astype(np.float32)
    p = _share(_gaussian(values, values[inside & is_object]), _gaussian(values, values[inside & ~is_object]))
    return np.where(inside, _follow(is_object, p), np.float32(0))


def _grabcut_object(rgb: RGB, inside: Inside, seeded: bool) -> NDArray[np.float32]:
    first_guess = _otsu_object(rgb, inside, seeded)
    # A rectangle around the object is a better guess than any threshold, unless it leaves nothing outside.
    is_object = inside if seeded and np.count_nonzero(~inside) >= _MIN_SEED_PIXELS else first_guess > 0.5
    if min(np.count_nonzero(is_object), np.count_nonzero(~is_object)) < _MIN_SEED_PIXELS:
        return first_guess
    mask = np.where(is_object, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    mask[~inside] = cv2.GC_BGD
    background, foreground = np.zeros((1, 13 * _COMPONENTS)), np.zeros((1, 13 * _COMPONENTS))
    cv2.setRNGSeed(0)  # the colours are grouped from random beginnings; the same photo shall have the same answer
    cv2.grabCut(rgb, mask, (0, 0, 0, 0), background, foreground, _ROUNDS, cv2.GC_INIT_WITH_MASK)
    cut = (mask == cv2.GC_PR_FGD) | (mask == cv2.GC_FGD)
    if not cut.any():  # so there are no colours of an object to compare with
        return np.where(inside, np.float32(1 - _DECIDED), np.float32(0))
    p = _share(_mixture(rgb, foreground[0]), _mixture(rgb, background[0]))
    p = np.asarray(cv2.blur(p, (5, 5)), np.float32)
    return np.where(inside, _follow(cut, p), np.float32(0))


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


def _follow(is_object: Inside, p: NDArray[np.float32]) -> NDArray[np.float32]:
    """Probabilities of "object" that never contradict the choice that was made."""
    return np.where(is_object, np.maximum(p, _DECIDED), np.minimum(p, 1 - _DECIDED)).astype(np.float32)


def _is_bright_object(bright: Inside, inside: Inside, seeded: bool) -> bool:
    """Whether the bright side is the object: the one that touches the border less.

    The border is that of the photo, or of the rectangle if a person drew one.
    """
    if seeded:
        padded = np.pad(inside, 1)
        surrounded = padded[:-2, 1:-1] & padded[2:, 1:-1] & padded[1:-1, :-2] & padded[1:-1, 2:]
        border = bright[inside & ~surrounded]
    else:
        border = np.concatenate([bright[0], bright[-1], bright[:, 0], bright[:, -1]])
    return float(border.mean()) <= 0.5


def _gaussian(grey: NDArray[np.float32], values: NDArray[np.float32]) -> NDArray[np.float32]:
    """How many pixels a Gaussian through ``values`` expects at each pixel's grey value, up to a common factor."""
    mean, spread = values.mean(), max(float(values.std()), 1.0)
    return np.exp(-0.5 * ((grey - mean) / spread) ** 2) * np.float32(len(values) / spread)


def _share(mine: NDArray[np.float32], other: NDArray[np.float32]) -> NDArray[np.float32]:
    total = mine + other
    return np.divide(mine, total, out=np.full_like(mine, 0.5), where=total > 0)
