"""All scores of a confusion matrix, under one stated convention.

With M[i, j] the pixels of class i labelled j, and for class c

    TP = M[c, c]        FN = Σⱼ M[c, j] − TP        FP = Σᵢ M[i, c] − TP

    IoU = TP / (TP + FP + FN)               precision = TP / (TP + FP)        recall = TP / (TP + FN)
    Dice = F1 = 2 TP / (2 TP + FP + FN)     pixel accuracy = Σ TP / Σ M

Dice = 2 IoU / (1 + IoU) holds for every class, so Dice is never below IoU; it does not hold for the means.

The convention: one confusion matrix for the whole dataset (not a mean over images), ignored pixels left out, background
included, and means over the classes for which the ratio exists: a class in neither the ground truth nor the prediction
has no IoU (NaN) and does not count as 0 or 1. It is the convention of Cityscapes and of mmsegmentation.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from segcore.errors import Message
from segcore.metrics.nan_ratios import iou_of, mean, ratio, without_nan

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class Scores:
    """All scores of one confusion matrix. Ratios are 0 … 1, NaN where 0 / 0."""

    classes: tuple[str, ...]  # K names in the order of the ids; the tuples below have this order too
    pixel_accuracy: float  # share of valid pixels with the correct label
    mean_accuracy: float  # mean recall over the classes in the ground truth
    iou: tuple[float, ...]  # per class; NaN for a class in neither ground truth nor prediction
    miou: float  # mean of the existing IoU; the primary metric
    frequency_weighted_iou: float  # IoU weighted by the class's share of the ground truth
    dice: tuple[float, ...]  # per class, also called F1
    mean_dice: float  # mean of the existing Dice
    precision: tuple[float, ...]  # per class; NaN for a class that was never predicted
    recall: tuple[float, ...]  # per class; NaN for a class that is not in the ground truth
    support: tuple[int, ...]  # ground-truth pixels per class
    averaged_over: int  # number of classes in the means miou and mean_dice
    pixels: int  # number of valid pixels
    convention: str  # a sentence to print beside the numbers

    @property
    def miou_of_present(self) -> float:
        """Mean IoU of the classes in the ground truth; NaN if there is none."""
        return mean(np.where(np.array(self.support) > 0, self.iou, np.nan))

    @property
    def classes_present(self) -> int:
        """Number of classes in the ground truth."""
        return sum(count > 0 for count in self.support)

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON; NaN becomes None."""
        return dict(without_nan(vars(self)))


def scores(counts: "NDArray[np.integer] | Tensor", classes: Sequence[str]) -> Scores:
    """Return all scores of a confusion matrix (K, K), rows the ground truth, columns the labels, on any device.

    Raises:
        ValueError: the matrix is not K x K.
    """
    matrix = np.asarray(counts if isinstance(counts, np.ndarray) else counts.cpu()).astype(np.float64)
    if matrix.shape != (len(classes), len(classes)):
        raise ValueError(f"counts have shape {matrix.shape}, but there are {len(classes)} classes.")
    true_positive = matrix.diagonal()
    truth, labelled = matrix.sum(axis=1), matrix.sum(axis=0)
    iou = iou_of(true_positive, truth, labelled)
    dice = ratio(2 * true_positive, truth + labelled)
    recall = ratio(true_positive, truth)
    pixels = matrix.sum()
    occurring = truth > 0
    averaged_over = int((~np.isnan(iou)).sum())
    return Scores(
        classes=tuple(classes),
        pixel_accuracy=float(true_positive.sum() / pixels) if pixels else math.nan,
        mean_accuracy=mean(recall),
        iou=tuple(iou.tolist()),
        miou=mean(iou),
        frequency_weighted_iou=float((truth * iou)[occurring].sum() / pixels) if pixels else math.nan,
        dice=tuple(dice.tolist()),
        mean_dice=mean(dice),
        precision=tuple(ratio(true_positive, labelled).tolist()),
        recall=tuple(recall.tolist()),
        support=tuple(int(count) for count in truth),
        averaged_over=averaged_over,
        pixels=int(pixels),
        convention=_convention(averaged_over, len(classes)),
    )


def read_convention(text: str, iou: Iterable[float | None]) -> str:
    """Return a stored convention as a message, so that it can be translated; ``iou`` was stored with it."""
    found = [value is not None and not math.isnan(value) for value in iou]
    convention = _convention(sum(found), len(found))
    return convention if text in (convention, _FORMER.format(**convention.facts)) else text


_FORMER = (
    "Dataset level: the pixels of all images are counted in one table, ignored pixels left out; means over the "
    "{found} of {all} classes that occur in the truth or in the prediction, background included."
)
"""The convention in files of version 0.1."""


def _convention(found: int, classes: int) -> Message:
    return Message(
        "Dataset level: one confusion matrix over the pixels of all images, ignored pixels left out; means over the "
        "{found} of {all} classes in the ground truth or the prediction, background included.",
        found=found,
        all=classes,
    )
