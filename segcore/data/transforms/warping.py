"""Geometry: one matrix for scale, crop, rotation, tilt and flip, and resampling by it.

Points are (x, y, 1) in pixels from the upper left corner of the image; the centre of the first pixel is (0.5, 0.5).
"""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from segcore.data.transforms.augmentation import Augmentation
from segcore.data.transforms.resizing import resize_image, with_channels
from segcore.types import IGNORE, LabelMap, Pixels

Matrix = NDArray[np.float64]


def draw_warp(
    labels: LabelMap, size: tuple[int, int], scale: float, augmentation: Augmentation, rng: np.random.Generator
) -> Matrix:
    """A random matrix (3, 3) from points of the sample, with labels (H, W), to points of a crop of ``size`` (h, w).

    ``scale`` is the factor of the resize before anything is varied.
    """
    height, width = labels.shape
    low, high = np.log(augmentation.scale_min), np.log(augmentation.scale_max)
    scale *= float(np.exp(rng.uniform(low, high)))  # as often half as double
    content = np.array([width, height]) * scale
    window = np.array(size[::-1], float)
    room = content - window  # negative where the image is smaller than the crop
    corner = rng.random(2) * room
    if rng.random() < augmentation.class_aware_crop:
        target = _pixel_of_a_small_class(labels, rng)
        if target is not None:  # in the middle half of the crop, as far as the image allows
            wanted = (target + 0.5) * scale - window * rng.uniform(0.25, 0.75, 2)
            corner = np.clip(wanted, np.minimum(room, 0), np.maximum(room, 0))
    matrix = shift(-corner[0], -corner[1]) @ np.diag([scale, scale, 1.0])
    angle = np.deg2rad(rng.uniform(-1, 1) * augmentation.rotate_degrees)
    if angle:
        matrix = _about_centre(rotation(angle), window) @ matrix
    if augmentation.tilt:
        matrix = _tilt(window, rng.uniform(-1, 1, (4, 2)) * augmentation.tilt) @ matrix
    if rng.random() < augmentation.flip:
        matrix = np.array([[-1, 0, window[0]], [0, 1, 0], [0, 0, 1.0]]) @ matrix
    return matrix


def warp_image(image: Pixels, matrix: Matrix, size: tuple[int, int], fill: Sequence[float]) -> Pixels:
    """Resample (H, W, C) → (h, w, C) bilinearly; pixels outside the image become ``fill``.

    Bilinear sampling reads four pixels, so an image that shrinks by more than that is averaged first.
    """
    shrink = float(np.sqrt(abs(np.linalg.det(matrix[:2, :2]))))
    if shrink < 0.7:
        height, width = image.shape[:2]
        smaller = (max(1, round(height * shrink)), max(1, round(width * shrink)))
        image = resize_image(image, smaller)
        matrix = matrix @ np.diag([width / smaller[1], height / smaller[0], 1.0])
    channels = image.shape[2]
    groups = [
        with_channels(
            cv2.warpPerspective(
                np.ascontiguousarray(image[..., start : start + 4]),  # OpenCV fills at most four channels
                _between_pixel_centres(matrix),
                size[::-1],
                flags=cv2.INTER_LINEAR,
                borderMode=cv2.BORDER_CONSTANT,
                borderValue=tuple(fill[start : start + 4]),
            ),
            min(4, channels - start),
        )
        for start in range(0, channels, 4)
    ]
    return groups[0] if len(groups) == 1 else np.concatenate(groups, axis=2)


def warp_labels(labels: LabelMap, matrix: Matrix, size: tuple[int, int]) -> LabelMap:
    """Resample (H, W) → (h, w), nearest neighbour; pixels outside the image become IGNORE."""
    return cv2.warpPerspective(
        labels,
        _between_pixel_centres(matrix),
        size[::-1],
        flags=cv2.INTER_NEAREST,
        borderMode=cv2.BORDER_CONSTANT,
        borderValue=(IGNORE,),
    ).astype(np.uint8, copy=False)


def _between_pixel_centres(matrix: Matrix) -> Matrix:
    """The same matrix in OpenCV's coordinates, which start at the centre of the first pixel."""
    return shift(-0.5, -0.5) @ matrix @ shift(0.5, 0.5)


def shift(x: float, y: float) -> Matrix:
    """Translation by (x, y)."""
    return np.array([[1, 0, x], [0, 1, y], [0, 0, 1.0]])


def rotation(angle: float) -> Matrix:
    """Rotation about the origin by an angle in radians."""
    cos, sin = np.cos(angle), np.sin(angle)
    return np.array([[cos, -sin, 0], [sin, cos, 0], [0, 0, 1.0]])


def _about_centre(matrix: Matrix, window: NDArray[np.float64]) -> Matrix:
    x, y = window / 2
    return shift(x, y) @ matrix @ shift(-x, -y)


def _tilt(window: NDArray[np.float64], moves: NDArray[np.float64]) -> Matrix:
    """The perspective that moves the corners of the window by ``moves`` (4, 2), shares of half its sides."""
    corners = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float32) * window.astype(np.float32)
    moved = corners + (moves * window / 2).astype(np.float32)
    return np.asarray(cv2.getPerspectiveTransform(corners, moved), np.float64)


def _pixel_of_a_small_class(labels: LabelMap, rng: np.random.Generator) -> NDArray[np.int64] | None:
    """(x, y) of a random pixel of a random class other than the largest one; None where there is no other."""
    counts = np.bincount(labels.ravel(), minlength=256)
    counts[IGNORE] = 0
    counts[np.argmax(counts)] = 0
    present = np.flatnonzero(counts)
    if not present.size:
        return None
    places = np.flatnonzero(labels == rng.choice(present))
    row, column = divmod(int(rng.choice(places)), labels.shape[1])
    return np.array([column, row])
