"""Corruptions of images at measured strengths, to evaluate the robustness of a network.

Each is a pure function of (image, labels, level, seed). Corruptions that move pixels move the labels by the same
matrix, nearest neighbour; pixels without content become IGNORE. One seed gives the same random numbers at all levels:
stronger noise is the same noise times a factor, and a larger occlusion contains the smaller one.

Levels follow ImageNet-C where it has the corruption (Hendrycks, Dietterich: "Benchmarking Neural Network Robustness to
Common Corruptions and Perturbations", ICLR 2019, https://arxiv.org/abs/1903.12261, and its scripts), whose images have
224 pixels a side; the others are our own. Lengths are shares of the image's longer side.
"""

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from segcore.data.transforms import jpeg_artefacts, warp_image, warp_labels
from segcore.types import IGNORE, LabelMap, Pixels

_Pair = tuple[Pixels, LabelMap]
_Apply = Callable[[Pixels, LabelMap, float, np.random.Generator], _Pair]

SEVERITIES = (1, 2, 3, 4, 5)

_SIDE_OF_IMAGENET_C = 224


@dataclass(frozen=True)
class Corruption:
    """One kind of corruption: the strength at severity 1, 2 … (one where it is fixed), and whether labels move."""

    name: str
    levels: tuple[float, ...]
    moves: bool
    _apply: _Apply

    def __call__(self, image: Pixels, labels: LabelMap, level: float, seed: int = 0) -> _Pair:
        """Apply the corruption to an image (H, W, C) uint8 and its labels (H, W); the sizes stay.

        ``level`` may lie between or beyond ``levels``. Unchanged arrays may be the given ones.

        Raises:
            ValueError: the sizes differ, or the image is not (H, W, C) uint8.
        """
        if image.ndim != 3 or image.dtype != np.uint8 or image.shape[:2] != labels.shape:
            raise ValueError(f"expected (H, W, C) uint8 and (H, W), got {image.shape} {image.dtype}, {labels.shape}")
        return self._apply(image, labels, level, np.random.default_rng(seed))


def corrupt(image: Pixels, labels: LabelMap, name: str, severity: int, seed: int = 0) -> _Pair:
    """Apply a corruption of CORRUPTIONS at a severity, 1 … the number of its levels.

    Raises:
        ValueError: no such corruption or severity.
    """
    if name not in CORRUPTIONS:
        raise ValueError(f"there is no corruption {name!r}; known: {', '.join(CORRUPTIONS)}")
    corruption = CORRUPTIONS[name]
    if not 1 <= severity <= len(corruption.levels):
        raise ValueError(f"severity {severity} of {name}: expected 1 … {len(corruption.levels)}")
    return corruption(image, labels, corruption.levels[severity - 1], seed)


def _bytes(values: NDArray[np.floating]) -> Pixels:
    return np.asarray(np.clip(np.rint(values), 0, 255), np.uint8)


def _only_image(change: Callable[[Pixels, float], Pixels]) -> _Apply:
    """A corruption that does not change the labels."""
    return lambda image, labels, level, _rng: (change(image, level), labels)


def _noise(change: Callable[[Pixels, float, np.random.Generator], Pixels]) -> _Apply:
    """A random corruption that does not change the labels."""
    return lambda image, labels, level, rng: (change(image, level, rng), labels)


def _gaussian_noise(image: Pixels, level: float, rng: np.random.Generator) -> Pixels:
    return _bytes(image + rng.standard_normal(image.shape, np.float32) * np.float32(255 * level))


def _salt_and_pepper(image: Pixels, level: float, rng: np.random.Generator) -> Pixels:
    """A share ``level`` of the values becomes 0 or 255, each channel independently, as in ImageNet-C."""
    draw = rng.random(image.shape, np.float32)
    return np.where(draw < level / 2, 0, np.where(draw > 1 - level / 2, 255, image)).astype(np.uint8)


def _blurred(image: Pixels, sigma: float) -> Pixels:
    return np.asarray(cv2.GaussianBlur(image, (0, 0), sigma), np.uint8).reshape(image.shape)


def _blur(image: Pixels, level: float) -> Pixels:
    return _blurred(image, level * max(image.shape[:2]))


def _sharpen(image: Pixels, level: float) -> Pixels:
    """Unsharp mask: the difference to a slight blur is added ``level`` times, which leaves halos at edges."""
    soft = _blurred(image, 1.5 / _SIDE_OF_IMAGENET_C * max(image.shape[:2]))
    return _bytes(image + np.float32(level) * (image.astype(np.float32) - soft))


def _brightness(image: Pixels, level: float) -> Pixels:
    """Add ``level`` to the V of HSV, the largest of red, green and blue; hue and saturation do not change."""
    value = image.max(axis=2, keepdims=True).astype(np.float32)
    brighter = np.clip(value + np.float32(255 * level), 0, 255)
    return _bytes(np.where(value > 0, image * (brighter / np.maximum(value, 1)), brighter))


def _darkness(image: Pixels, level: float) -> Pixels:
    return _bytes(image * np.float32(level))


def _jpeg(image: Pixels, level: float) -> Pixels:
    return jpeg_artefacts(image, round(level))


def _contrast(image: Pixels, level: float) -> Pixels:
    """Scale the distance of every value to the mean of its channel."""
    mean = image.mean(axis=(0, 1), dtype=np.float64).astype(np.float32)
    return _bytes((image - mean) * np.float32(level) + mean)


def _occlude(image: Pixels, labels: LabelMap, level: float, rng: np.random.Generator) -> _Pair:
    """Cover a rectangle with the mean colour; with one seed, smaller ones lie within larger ones.

    Its labels become IGNORE, so that only the visible pixels are scored.
    """
    height, width = labels.shape
    row, column = rng.random(2)
    tall, wide = (max(1, round(side * float(np.sqrt(level)))) for side in (height, width))
    top, left = round(row * (height - tall)), round(column * (width - wide))
    image, labels = image.copy(), labels.copy()
    image[top : top + tall, left : left + wide] = _mean_colour(image)
    labels[top : top + tall, left : left + wide] = IGNORE
    return image, labels


def _rotate(image: Pixels, labels: LabelMap, level: float, rng: np.random.Generator) -> _Pair:
    """Rotate about the centre, in a random direction."""
    height, width = labels.shape
    angle = level if rng.random() < 0.5 else -level
    return _warped(image, labels, np.vstack([cv2.getRotationMatrix2D((width / 2, height / 2), angle, 1.0), [0, 0, 1]]))


def _tilt(image: Pixels, labels: LabelMap, level: float, rng: np.random.Generator) -> _Pair:
    """Perspective: the corners of one side move towards each other by ``level`` of its length each."""
    height, width = labels.shape
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    moved = corners.copy()
    first = int(rng.integers(4))
    second = (first + 1) % 4
    step = (corners[second] - corners[first]) * np.float32(level)
    moved[first] += step
    moved[second] -= step
    return _warped(image, labels, cv2.getPerspectiveTransform(corners, moved))


def _warped(image: Pixels, labels: LabelMap, matrix: NDArray[np.generic]) -> _Pair:
    size, exact = (labels.shape[0], labels.shape[1]), np.asarray(matrix, np.float64)
    return warp_image(image, exact, size, _mean_colour(image)), warp_labels(labels, exact, size)


def _reversed(axis: int) -> _Apply:
    return lambda image, labels, _level, _rng: (np.flip(image, axis).copy(), np.flip(labels, axis).copy())


def _shift_labels(image: Pixels, labels: LabelMap, level: float, rng: np.random.Generator) -> _Pair:
    """Misaligned labels: shifted in one of eight directions."""
    down, right = ((-1, -1), (-1, 0), (-1, 1), (0, -1), (0, 1), (1, -1), (1, 0), (1, 1))[int(rng.integers(8))]
    steps = round(level)
    matrix = np.array([[1, 0, right * steps], [0, 1, down * steps], [0, 0, 1.0]])
    return image, warp_labels(labels, matrix, (labels.shape[0], labels.shape[1]))


def _mean_colour(image: Pixels) -> tuple[int, ...]:
    return tuple(int(value) for value in np.rint(image.mean(axis=(0, 1))))


_SIGMAS = tuple(sigma / _SIDE_OF_IMAGENET_C for sigma in (1, 2, 3, 4, 6))

CORRUPTIONS: dict[str, Corruption] = {
    corruption.name: corruption
    for corruption in (
        # standard deviation, white is 1
        Corruption("gaussian_noise", (0.08, 0.12, 0.18, 0.26, 0.38), False, _noise(_gaussian_noise)),
        # share of values that are hit
        Corruption("salt_and_pepper", (0.03, 0.06, 0.09, 0.17, 0.27), False, _noise(_salt_and_pepper)),
        # sigma as a share of the longer side
        Corruption("blur", _SIGMAS, False, _only_image(_blur)),
        # amount of the unsharp mask (ours)
        Corruption("sharpen", (0.5, 1, 2, 4, 8), False, _only_image(_sharpen)),
        # added to V of HSV, white is 1
        Corruption("brightness", (0.1, 0.2, 0.3, 0.4, 0.5), False, _only_image(_brightness)),
        # factor on all values (ours)
        Corruption("darkness", (0.8, 0.6, 0.45, 0.3, 0.2), False, _only_image(_darkness)),
        # factor on the distance to the mean
        Corruption("contrast", (0.4, 0.3, 0.2, 0.1, 0.05), False, _only_image(_contrast)),
        # quality
        Corruption("jpeg", (25, 18, 15, 10, 7), False, _only_image(_jpeg)),
        # all ours: hidden share of the image, degrees, move of two corners as a share of a side, -, -, pixels
        Corruption("occlusion", (0.05, 0.1, 0.2, 0.3, 0.4), True, _occlude),
        Corruption("rotation", (5, 10, 20, 30, 45), True, _rotate),
        Corruption("tilt", (0.05, 0.1, 0.15, 0.2, 0.3), True, _tilt),
        Corruption("flip", (1,), True, _reversed(1)),
        Corruption("upside_down", (1,), True, _reversed(0)),
        Corruption("label_shift", (1, 2, 3, 5, 8), True, _shift_labels),
    )
}
"""By name. ``label_shift`` corrupts the ground truth, not the image: how much misaligned labels lower a score."""
