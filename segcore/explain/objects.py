"""Instances, each with a mask and a box: synthetic ones, or connected components of a label map.

A label map has classes, not instances: two objects of one class that touch form one connected component. Separating
them is what instance segmentation, such as Mask R-CNN, is for.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from segcore.palette import OKABE_ITO
from segcore.types import RGB, LabelMap

SIDE = 128
"""The synthetic image is SIDE x SIDE pixels."""

Box = NDArray[np.float64]
"""(4,) xyxy, the outer edges of the pixels: an object of one pixel at (row, col) has (col, row, col + 1, row + 1)."""


@dataclass(frozen=True, eq=False)
class Instance:
    """One object."""

    name: str  # of the synthetic object, or of the class
    mask: NDArray[np.bool_]  # (H, W) bool
    box: Box  # (4,) xyxy; the smallest around the mask

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the box in pixels."""
        return int(self.box[2] - self.box[0]), int(self.box[3] - self.box[1])


@dataclass(frozen=True, eq=False)
class InstanceImage:
    """An image and the objects in it."""

    rgb: RGB  # (H, W, 3) uint8
    all: tuple[Instance, ...]  # the objects, at least one


def box_of(mask: NDArray[np.bool_]) -> Box:
    """The smallest box around a mask.

    Raises:
        ValueError: the mask is empty.
    """
    rows, cols = np.nonzero(mask)
    if not len(rows):
        raise ValueError("an empty mask has no box")
    return np.array([cols.min(), rows.min(), cols.max() + 1, rows.max() + 1], np.float64)


def synthetic_instances() -> InstanceImage:
    """A disc, two diagonal sticks whose boxes overlap, a pole and a dot: a size and shape for each difficulty."""
    names = ("disc", "stick", "twin", "pole", "dot")
    masks: dict[str, NDArray[np.uint8]] = {name: np.zeros((SIDE, SIDE), np.uint8) for name in names}
    cv2.circle(masks["disc"], (40, 88), 28, 1, cv2.FILLED)
    cv2.line(masks["stick"], (56, 56), (88, 24), 1, 5)
    cv2.line(masks["twin"], (74, 56), (106, 24), 1, 5)
    masks["pole"][67:115, 99:113] = 1
    cv2.circle(masks["dot"], (29, 21), 6, 1, cv2.FILLED)
    rgb = np.full((SIDE, SIDE, 3), 236, np.uint8)
    for mask, colour in zip(masks.values(), OKABE_ITO, strict=False):
        rgb[mask == 1] = [(part + 236) // 2 for part in colour]  # pale: lines are drawn over them
    return InstanceImage(rgb, tuple(Instance(name, mask == 1, box_of(mask == 1)) for name, mask in masks.items()))


def connected_instances(
    labels: LabelMap, classes: Iterable[tuple[int, str]], *, least: int, most: int
) -> tuple[Instance, ...]:
    """The connected components of a label map (H, W), the largest first: at most ``most`` of at least ``least`` pixels.

    ``classes`` are id and name of each class that has objects.
    """
    found: list[Instance] = []
    for class_id, name in classes:
        count, numbered = cv2.connectedComponents((labels == class_id).astype(np.uint8), connectivity=8)
        masks = [numbered == number for number in range(1, count)]
        found += [Instance(name, mask, box_of(mask)) for mask in masks if mask.sum() >= least]
    return tuple(sorted(found, key=lambda thing: -int(thing.mask.sum()))[:most])
