"""Recall and IoU of objects by size, which pixel sums hide because large objects dominate them.

An object is a connected component (8-neighbours) of a class in the ground truth, or of an instance map. Touching
objects of one class are one component; only an instance map separates them. Objects are grouped by their share of the
image's pixels. For each object:

    recall    share of its pixels that are labelled as its class
    found     recall is at least ½
    IoU       its correct pixels / (its pixels + false-positive pixels of the predicted components that touch it)

A predicted component that touches several objects counts against each. One that touches none is not counted here; it
shows in the precision and IoU of the class. Recall is a mean over objects, not over pixels.
"""

from collections.abc import Collection
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from segcore.metrics.nan_ratios import ratio
from segcore.types import IGNORE, LabelMap

SIZE_EDGES = (0.001, 0.01, 0.1)
"""Between the four sizes, as shares of the image's pixels. COCO's 32² and 96² are 0.3 % and 3 % of 640 x 480."""

SIZE_NAMES = ("tiny", "small", "medium", "large")

_Sums = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class ObjectCounts:
    """Sums over objects, (K, sizes) each; they can be added over images. ``found`` have a recall of at least ½."""

    objects: _Sums
    found: _Sums
    recall: _Sums
    iou: _Sums

    def __add__(self, other: "ObjectCounts") -> "ObjectCounts":
        names = self.__dataclass_fields__
        return ObjectCounts(*(getattr(self, name) + getattr(other, name) for name in names))


@dataclass(frozen=True)
class SizeScore:
    """The scores of the objects of one size (of SIZE_NAMES), of one class or of all.

    ``found`` is the share with a recall of at least ½; this and the mean recall and IoU are NaN without objects.
    """

    size: str
    objects: int
    found: float
    recall: float
    iou: float


def object_counts(
    labels: LabelMap,
    truth: LabelMap,
    num_classes: int,
    *,
    instances: NDArray[np.integer] | None = None,
    without: Collection[int] = (),
) -> ObjectCounts:
    """Return the sums over the objects of one image (H, W).

    ``instances`` (H, W) numbers the objects of each class, 0 where there is none; None: connected components. Classes
    in ``without``, such as the background, are not objects.

    Raises:
        ValueError: the sizes differ.
    """
    if labels.shape != truth.shape or (instances is not None and instances.shape != truth.shape):
        raise ValueError(f"labels are {labels.shape}, the truth is {truth.shape}: (height, width) must be equal.")
    sums = ObjectCounts(*np.zeros((4, num_classes, len(SIZE_NAMES))))
    valid = truth != IGNORE
    for c in np.unique(truth[valid]):
        if c in without:
            continue
        true, mine = truth == c, (labels == c) & valid
        ids = _components(true) if instances is None else np.where(true, instances, 0)
        numbers, ids = np.unique(ids, return_inverse=True)
        ids = ids.reshape(true.shape) + (numbers[0] != 0)  # 0 is "no object" even where objects cover everything
        area = np.bincount(ids.ravel())[1:]
        right = np.bincount(ids[mine], minlength=len(area) + 1)[1:]
        wrong = _touching_false_positives(ids, mine, true, len(area))
        size = np.searchsorted(SIZE_EDGES, area / truth.size, side="right")
        recall = right / area
        for total, values in (
            (sums.objects, np.ones(len(area))),
            (sums.found, recall >= 0.5),
            (sums.recall, recall),
            (sums.iou, right / (area + wrong)),
        ):
            total[c] += np.bincount(size, values, minlength=len(SIZE_NAMES))
    return sums


def size_scores(counts: ObjectCounts, class_id: int | None = None) -> tuple[SizeScore, ...]:
    """Return one row per size, the smallest first, of one class or (None) of all together."""
    objects, *sums = (
        getattr(counts, name).sum(0) if class_id is None else getattr(counts, name)[class_id]
        for name in counts.__dataclass_fields__
    )
    found, recall, iou = (ratio(sum_, objects).tolist() for sum_ in sums)
    return tuple(map(SizeScore, SIZE_NAMES, objects.astype(int).tolist(), found, recall, iou))


def _components(mask: NDArray[np.bool_]) -> NDArray[np.int32]:
    """Return the number of the connected component of each pixel, 0 outside."""
    return np.asarray(cv2.connectedComponents(mask.view(np.uint8), connectivity=8)[1])


def _touching_false_positives(
    ids: NDArray[np.integer], mine: NDArray[np.bool_], true: NDArray[np.bool_], objects: int
) -> NDArray[np.float64]:
    """Return the false positives (objects,) of all predicted components that overlap each object."""
    components = _components(mine)
    wrong = np.bincount(components[mine & ~true], minlength=int(components.max()) + 1)
    both = mine & (ids > 0)
    pairs = np.unique(ids[both].astype(np.int64) * len(wrong) + components[both])
    weights = wrong[pairs % len(wrong)].astype(np.float64)
    return np.asarray(np.bincount(pairs // len(wrong), weights, minlength=objects + 1)[1:], np.float64)
