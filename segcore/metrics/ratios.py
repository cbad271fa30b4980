"""Ratios from a table of counts: what the counts say about quality, under one stated convention.

With M[i, j] the pixels of class i labelled j, and for class c

    TP = M[c, c]        FN = Σⱼ M[c, j] − TP        FP = Σᵢ M[i, c] − TP

    IoU = TP / (TP + FP + FN)               precision = TP / (TP + FP)        recall = TP / (TP + FN)
    Dice = F1 = 2 TP / (2 TP + FP + FN)     pixel accuracy = Σ TP / Σ M

Dice = 2 IoU / (1 + IoU) holds for every class, so Dice is never below IoU; it does not hold between the means.

The convention: one table for the whole dataset (not a mean over images), ignored pixels left out, background included,
and means over those classes for which the ratio exists: a class that occurs neither in the truth nor in the labels has
no IoU (NaN), and does not count as 0 or as 1. It is the convention of Cityscapes and of mmsegmentation.
"""

import math
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from segcore.errors import Message

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from torch import Tensor


@dataclass(frozen=True)
class Scores:
    """Everything one table of counts says. All ratios are 0 … 1, NaN where 0 / 0.

    Attributes:
        classes: K names in the order of the ids; the tuples below have this order too.
        pixel_accuracy: share of valid pixels with the right label.
        mean_accuracy: mean recall over the classes that occur in the truth.
        iou: per class; NaN for a class in neither truth nor labels.
        miou: mean of the IoU that exist. The headline.
        frequency_weighted_iou: IoU weighted by the share of true pixels of the class.
        dice: per class, also called F1.
        mean_dice: mean of the Dice that exist.
        precision: per class; NaN for a class that was never predicted.
        recall: per class; NaN for a class that never occurs in the truth.
        support: true pixels per class.
        averaged_over: how many classes miou and mean_dice are means of.
        pixels: valid pixels in all.
        convention: a sentence to print beside the numbers.
    """

    classes: tuple[str, ...]
    pixel_accuracy: float
    mean_accuracy: float
    iou: tuple[float, ...]
    miou: float
    frequency_weighted_iou: float
    dice: tuple[float, ...]
    mean_dice: float
    precision: tuple[float, ...]
    recall: tuple[float, ...]
    support: tuple[int, ...]
    averaged_over: int
    pixels: int
    convention: str

    def to_dict(self) -> dict[str, object]:
        """Plain lists, numbers and strings for JSON; NaN becomes None, which JSON can say."""
        return {field.name: _plain(getattr(self, field.name)) for field in fields(self)}


def scores(counts: "NDArray[np.integer] | Tensor", classes: "Sequence[str]") -> Scores:
    """All ratios of a table of counts.

    Args:
        counts: (K, K) integers, rows the truth, columns the labels; an array, or a tensor on any device.
        classes: K names.

    Raises:
        ValueError: the table is not K x K.
    """
    table = np.asarray(counts if isinstance(counts, np.ndarray) else counts.cpu()).astype(np.float64)
    if table.shape != (len(classes), len(classes)):
        raise ValueError(f"counts have shape {table.shape}, but there are {len(classes)} classes.")
    true_positive = table.diagonal()
    truth, labelled = table.sum(axis=1), table.sum(axis=0)
    union = truth + labelled - true_positive
    iou = _ratio(true_positive, union)
    dice = _ratio(2 * true_positive, truth + labelled)
    recall = _ratio(true_positive, truth)
    pixels = table.sum()
    occurring = truth > 0
    averaged_over = int((union > 0).sum())
    return Scores(
        classes=tuple(classes),
        pixel_accuracy=float(true_positive.sum() / pixels) if pixels else math.nan,
        mean_accuracy=_mean(recall),
        iou=tuple(iou.tolist()),
        miou=_mean(iou),
        frequency_weighted_iou=float((truth * iou)[occurring].sum() / pixels) if pixels else math.nan,
        dice=tuple(dice.tolist()),
        mean_dice=_mean(dice),
        precision=tuple(_ratio(true_positive, labelled).tolist()),
        recall=tuple(recall.tolist()),
        support=tuple(int(count) for count in truth),
        averaged_over=averaged_over,
        pixels=int(pixels),
        convention=_convention(averaged_over, len(classes)),
    )


def read_convention(text: str, iou: "Iterable[float | None]") -> str:
    """A stored convention as a message, so that it can be translated.

    Args:
        text: as it was stored.
        iou: of each class, as it was stored beside it; None or NaN where a class has none.
    """
    found = [value is not None and not math.isnan(value) for value in iou]
    own = _convention(sum(found), len(found))
    return own if text == own else text


def _convention(found: int, classes: int) -> Message:
    return Message(
        "Dataset level: the pixels of all images are counted in one table, ignored pixels left out; means over the "
        "{found} of {all} classes that occur in the truth or in the prediction, background included.",
        found=found,
        all=classes,
    )


def _ratio(part: NDArray[np.float64], whole: NDArray[np.float64]) -> NDArray[np.float64]:
    """Part / whole, NaN where the whole is 0."""
    return np.divide(part, whole, out=np.full_like(whole, np.nan), where=whole > 0)


def _mean(values: NDArray[np.float64]) -> float:
    """Mean of those that exist; NaN if none does (np.nanmean would warn)."""
    exist = values[~np.isnan(values)]
    return float(exist.mean()) if exist.size else math.nan


def _plain(value: object) -> object:
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return None if isinstance(value, float) and math.isnan(value) else value
