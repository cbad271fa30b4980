"""One image, four answers: threshold, regions of similar colour, classes, instances.

The image is synthetic, so the ground truth is known: two discs that may touch, and a square. All four answers are
measured alike: the overlap of the connected component at a chosen pixel with the instance that is there.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from skimage import feature, measure, segmentation

from segcore.types import RGB, LabelMap

SIDE = 96
"""The image is SIDE x SIDE pixels."""

DISC, SQUARE = 1, 2
"""Class ids of the ground truth, as in the dataset of synthetic shapes; 0 is background."""

GAPS = (-8, 8)
"""Range of the gap between the discs, in pixels; below 0 they overlap."""

_RADIUS, _APART = 15.5, 30
_RED, _GREEN = (196, 44, 40), (52, 150, 62)


@dataclass(frozen=True, eq=False)
class SyntheticScene:
    """A synthetic image and its ground truth."""

    image: RGB  # (SIDE, SIDE, 3) uint8
    classes: LabelMap  # (SIDE, SIDE) 0, DISC or SQUARE
    instances: LabelMap  # (SIDE, SIDE) 0, or the visible instance: 1 and 2 the discs, 3 the square


def synthetic_scene(gap: int) -> SyntheticScene:
    """Two discs, ``gap`` pixels apart, and a square on an uneven ground; where discs overlap, the second is on top.

    Raises:
        ValueError: the gap is not in the range GAPS.
    """
    if not GAPS[0] <= gap <= GAPS[1]:
        raise ValueError(f"gap is {gap}; it must be {GAPS[0]} … {GAPS[1]}.")
    rows, cols = np.mgrid[:SIDE, :SIDE].astype(np.float32)
    apart = (_APART + gap) / 2
    instances = np.zeros((SIDE, SIDE), np.uint8)
    instances[np.hypot(rows - 32, cols - (46 - apart)) < _RADIUS] = 1
    instances[np.hypot(rows - 32, cols - (46 + apart)) < _RADIUS] = 2
    instances[62:86, 24:48] = 3
    ground = 186 + 14 * np.sin(cols * 0.55)[..., None] * np.array([1.0, 1.0, 0.9])
    paint = np.array([(0, 0, 0), _RED, (178, 52, 60), _GREEN], np.float32)[instances]
    light = (1.08 - 0.42 * cols / SIDE)[..., None]
    noise = np.random.default_rng(1).normal(0, 5, (SIDE, SIDE, 3))
    image = np.where(instances[..., None] > 0, paint, ground) * light + noise
    classes = np.array([0, DISC, DISC, SQUARE], np.uint8)[instances]
    return SyntheticScene(np.clip(np.rint(image), 0, 255).astype(np.uint8), classes, instances)


def connected_components(labels: NDArray[np.integer]) -> NDArray[np.int32]:
    """(h, w): the number, 1 … n, of the 8-connected component of equal labels; 0 where the label is 0."""
    return np.asarray(measure.label(labels, connectivity=2), np.int32)


def drop_small(found: NDArray[np.int32], smallest: int) -> NDArray[np.int32]:
    """The components of at least ``smallest`` pixels, renumbered."""
    sizes = np.bincount(found.ravel())
    keep = (sizes >= smallest) & (np.arange(len(sizes)) > 0)
    return np.where(keep, np.cumsum(keep), 0).astype(np.int32)[found]


def component_at(labels: NDArray[np.integer], row: int, col: int) -> NDArray[np.bool_]:
    """(h, w): the 8-connected component of equal labels that holds a pixel, whatever its label."""
    return np.asarray(segmentation.flood(labels, (row, col)), bool)


def split_touching(labels: NDArray[np.integer]) -> NDArray[np.int32]:
    """Touching objects separated at narrow places: class ids (h, w), 0 background → instances 1 … n, or 0.

    A watershed of the distance to the background splits each class. The distance has its maximum at the centre of a
    round object, and two objects that touch have two maxima, at least 8 pixels apart; the basins around them meet at
    the neck (Meyer, "Topographic distance and watershed lines", 1994). Objects that overlap too much have one maximum,
    and long ones may have two.
    """
    found = np.zeros(labels.shape, np.int32)
    for label in np.unique(labels[labels != 0]):
        mask = labels == label
        distance = cv2.distanceTransform(np.pad(mask, 1).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
        smooth = cv2.GaussianBlur(distance, (0, 0), 2)[1:-1, 1:-1]
        middles = np.zeros(labels.shape, np.int32)
        parts = measure.label(mask, connectivity=2)
        peaks = feature.peak_local_max(smooth, min_distance=8, labels=parts, exclude_border=False)
        for number, (row, col) in enumerate(peaks, start=1):
            middles[row, col] = number
        basins = segmentation.watershed(-smooth, middles, mask=mask)
        found[basins > 0] = basins[basins > 0] + found.max()
    return found


def lab_of(rgb: RGB) -> NDArray[np.float32]:
    """(h, w, 3) CIELab, L 0 … 100: perceptually uniform colours, as k-means compares them."""
    return np.asarray(cv2.cvtColor(rgb.astype(np.float32) / 255, cv2.COLOR_RGB2Lab), np.float32)
