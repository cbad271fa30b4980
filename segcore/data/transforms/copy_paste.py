"""Random erasing, and objects of other samples pasted into an image."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from segcore.data.base import Sample
from segcore.data.transforms.augmentation import Augmentation
from segcore.data.transforms.warping import Matrix, rotation, shift, warp_image, warp_labels
from segcore.types import IGNORE, LabelMap, Pixels


def erase(image: Pixels, labels: LabelMap, fill: Sequence[int], rng: np.random.Generator) -> tuple[Pixels, LabelMap]:
    """Cover a rectangle of 2 … 20 % of the area with one colour.

    Its labels become IGNORE: the network is not scored there, but has to do without that context.
    """
    height, width = labels.shape
    area, aspect = rng.uniform(0.02, 0.2), np.exp(rng.uniform(np.log(0.4), np.log(2.5)))
    tall = min(height, max(1, round(height * np.sqrt(area * aspect))))
    wide = min(width, max(1, round(width * np.sqrt(area / aspect))))
    top, left = int(rng.integers(height - tall + 1)), int(rng.integers(width - wide + 1))
    image, labels = image.copy(), labels.copy()
    image[top : top + tall, left : left + wide] = fill
    labels[top : top + tall, left : left + wide] = IGNORE
    return image, labels


def paste(
    image: Pixels,
    labels: LabelMap,
    donor: Sample,
    augmentation: Augmentation,
    rng: np.random.Generator,
    *,
    background: int | None,
) -> tuple[Pixels, LabelMap]:
    """Paste one object of another sample into a crop (h, w, C) with labels (h, w), at a random place and size.

    After Ghiasi et al., "Simple Copy-Paste is a Strong Data Augmentation Method for Instance Segmentation", CVPR 2021,
    https://arxiv.org/abs/2012.07177. Differs: we have classes, not instances, so an object is one connected component
    of a class, drawn by area from a class drawn uniformly, but never from ``background``. The edge is blended over
    about two pixels, so that it does not give away the object. Without an object in ``donor`` the given arrays are
    returned.
    """
    found = _find_object(donor.labels, background, rng)
    if found is None:
        return image, labels
    mask, label = found
    matrix = _placement(mask, labels, augmentation, rng)
    size = (labels.shape[0], labels.shape[1])
    new_labels = warp_labels(np.where(mask, np.uint8(label), np.uint8(IGNORE)), matrix, size)
    inside = new_labels != IGNORE
    alpha = cv2.GaussianBlur(inside.astype(np.float32), (0, 0), 1.0)[..., None]
    object_image = warp_image(donor.image, matrix, size, (0,) * image.shape[2])
    mixed = image + alpha * (object_image.astype(np.float32) - image)
    return np.rint(mixed).astype(np.uint8), np.where(inside, new_labels, labels)


def _placement(
    mask: NDArray[np.bool_], labels: LabelMap, augmentation: Augmentation, rng: np.random.Generator
) -> Matrix:
    """The matrix that moves the object ``mask`` of the donor to a random place of the crop."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    top, bottom, left, right = int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1
    height, width = labels.shape
    side = max(bottom - top, right - left)
    scale = min(rng.uniform(0.2, 0.9) * min(height, width) / side, 2.0)  # a larger scale would blur it
    mirror = -1.0 if rng.random() < augmentation.flip else 1.0
    angle = np.deg2rad(rng.uniform(-1, 1) * augmentation.rotate_degrees)
    inside = np.flatnonzero(labels != IGNORE)  # inside the image, not in the padding
    row, column = divmod(int(rng.choice(inside)) if inside.size else int(rng.integers(labels.size)), width)
    return np.asarray(
        shift(column + 0.5, row + 0.5)
        @ rotation(angle)
        @ np.diag([scale * mirror, scale, 1.0])
        @ shift(-(left + right) / 2, -(top + bottom) / 2)
    )


def _find_object(
    labels: LabelMap, background: int | None, rng: np.random.Generator
) -> tuple[NDArray[np.bool_], int] | None:
    """One connected component of a class, (H, W) bool, and the class; None where all is background or ignored."""
    counts = np.bincount(labels.ravel(), minlength=256)
    counts[IGNORE] = 0
    if background is not None:
        counts[background] = 0
    present = np.flatnonzero(counts)
    if not present.size:
        return None
    label = int(rng.choice(present))
    _, components, stats, _ = cv2.connectedComponentsWithStats((labels == label).astype(np.uint8), connectivity=8)
    areas = stats[1:, cv2.CC_STAT_AREA].astype(np.float64)  # component 0 is the rest
    return components == 1 + int(rng.choice(len(areas), p=areas / areas.sum())), label
