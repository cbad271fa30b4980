"""Which value of a label map is which class, where it comes without names: by overlap with a prediction.

Label maps number their classes in many ways: dogs are 2 in one and 3 in the next. As they are numbered, such a label
map scores 0 against a prediction that is right. The assignment of values to classes with the largest sum of IoUs (the
Hungarian method) shows it.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from segcore.types import IGNORE, LabelMap

FAR_BETTER = 0.2
"""A numbering fits far better if its mean IoU is higher by this much."""

_LEAST_IOU = 0.05
"""A value that overlaps every class less than this is ignored, unless it is the number of a class itself."""


@dataclass(frozen=True)
class Numbering:
    """An assignment of the values of a label map to classes, and how well a prediction fits it.

    ``ious`` are those of the assigned classes that are in the label map.
    """

    table: Mapping[int, int]  # value → class id, or IGNORE
    ious: Mapping[int, float]  # class id → IoU

    @property
    def mean_iou(self) -> float:
        """Over the classes in the label map; 0 without any."""
        return sum(self.ious.values()) / len(self.ious) if self.ious else 0.0


def label_values(truth: LabelMap) -> list[int]:
    """The values of a label map (H, W); 255 is one of them only where it must be a class: 0 and 255 mean no and yes."""
    values = np.flatnonzero(np.bincount(truth.ravel(), minlength=256)).tolist()
    return values if is_black_and_white(values) else [value for value in values if value != IGNORE]


def is_black_and_white(values: list[int]) -> bool:
    """Whether the values are 0 and 255, or 255 alone."""
    return IGNORE in values and set(values) <= {0, IGNORE}


def numbering(labels: LabelMap, truth: LabelMap, num_classes: int, table: Mapping[int, int]) -> Numbering:
    """Rate an assignment; values that are not in it, and classes that do not exist, are ignored."""
    full = np.full(256, IGNORE, np.uint8)
    for value, class_id in table.items():
        full[value] = class_id if class_id < num_classes else IGNORE
    overlaps = _overlaps(labels, full[truth], num_classes)
    return Numbering(dict(table), _ious(overlaps[:num_classes]))


def best_numbering(labels: LabelMap, truth: LabelMap, num_classes: int) -> Numbering:
    """Find the assignment that fits a prediction (H, W) of ``num_classes`` classes best."""
    values = label_values(truth)
    counted = np.isin(truth, values)
    overlaps = _overlaps(labels[counted], truth[counted], num_classes)[values]  # (V, K)
    unions = overlaps.sum(axis=1, keepdims=True) + overlaps.sum(axis=0, keepdims=True) - overlaps
    ious = overlaps / np.maximum(unions, 1)
    rows, columns = linear_sum_assignment(ious, maximize=True)
    found = {
        values[row]: int(column) for row, column in zip(rows, columns, strict=True) if ious[row, column] > _LEAST_IOU
    }
    free = set(range(num_classes)) - set(found.values())
    table = {value: found.get(value, value if value in free else IGNORE) for value in values}
    return numbering(labels, truth, num_classes, table)


def _overlaps(labels: LabelMap, truth: LabelMap, num_classes: int) -> NDArray[np.int64]:
    """(256, K): pixels by the value of the label map and the predicted class."""
    pairs = truth.ravel().astype(np.int64) * num_classes + labels.ravel()
    return np.bincount(pairs, minlength=256 * num_classes).reshape(256, num_classes)


def _ious(counts: NDArray[np.int64]) -> dict[int, float]:
    """IoU of each class of a confusion matrix (K, K) that is in the ground truth."""
    hits, true, found = counts.diagonal(), counts.sum(axis=1), counts.sum(axis=0)
    return {int(k): float(hits[k] / (true[k] + found[k] - hits[k])) for k in np.flatnonzero(true)}
