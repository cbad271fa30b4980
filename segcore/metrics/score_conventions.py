"""The mIoU of the same predictions under the conventions of well-known programs, and why they differ.

All are computed from the same counts (``per_image.ImageCounts``). They differ in:

    unit        where the ratio is computed: over all pixels of the data, per image, or per pair (image, class)
    absent      the value of a class in neither ground truth nor prediction: left out, 0, 1, or the whole mean is NaN
    ignored     whether IGNORE pixels are left out
    classes     whether the background is one of them

Sources, read in their code: mmsegmentation 1.2 ``evaluation/metrics/iou_metric.py``; Cityscapes scripts
``evalPixelLevelSemanticLabeling.py``; Pascal VOC devkit ``VOCevalseg.m``; torchmetrics 1.9
``segmentation/mean_iou.py``; segmentation_models.pytorch 0.6 ``metrics/functional.py``; MONAI 1.6
``metrics/meaniou.py``; nnU-Net 2 ``evaluation/evaluate_predictions.py``; torchvision's
``references/segmentation/utils.py``. The tests compare with the libraries where they can be installed.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from segcore.metrics.nan_ratios import Values, iou_of, mean, means, ratio
from segcore.metrics.per_image import ImageCounts

_Score = Callable[[ImageCounts], tuple[float, Values | None]]


@dataclass(frozen=True)
class Convention:
    """One way to compute a score from the counts of many images."""

    key: str  # in reports and translations
    title: str  # the programs
    rule: str  # the computation, one English sentence
    why: str  # difference from the first of CONVENTIONS, one English sentence; "" for that one
    score: _Score  # counts → (score, its K values per class or None)
    mistake: bool = False  # whether it is a common error and not a convention


@dataclass(frozen=True)
class ConventionScore:
    """The mIoU of one set of predictions under a convention, whose facts come first."""

    key: str
    title: str
    rule: str
    why: str
    mistake: bool
    value: float  # mIoU, 0 … 1; NaN if the convention gives that, or without valid pixels
    per_class: tuple[float, ...]  # K values, NaN for a class it leaves out; () if it has none


def by_convention(counts: ImageCounts) -> tuple[ConventionScore, ...]:
    """Return the score under every convention, in the order of CONVENTIONS.

    Raises:
        ValueError: no image.
    """
    if not len(counts):
        raise ValueError("no image, so there is nothing to average")
    return tuple(_scored(convention, counts) for convention in CONVENTIONS)


def _scored(convention: Convention, counts: ImageCounts) -> ConventionScore:
    facts = {name: value for name, value in vars(convention).items() if name != "score"}
    value, per_class = convention.score(counts)
    return ConventionScore(
        **facts, value=float(value), per_class=() if per_class is None else tuple(per_class.tolist())
    )


def _over_dataset(counts: ImageCounts) -> Values:
    """Return the IoU (K,) over all images."""
    return iou_of(counts.hits.sum(0), counts.truth.sum(0), counts.found.sum(0))


def _per_pair(counts: ImageCounts) -> Values:
    """Return the IoU (N, K) of each image."""
    return iou_of(counts.hits, counts.truth, counts.found)


def _dataset(counts: ImageCounts) -> tuple[float, Values]:
    iou = _over_dataset(counts)
    return mean(iou), iou


def _present(counts: ImageCounts) -> tuple[float, Values]:
    iou = np.where(counts.truth.sum(0) > 0, _over_dataset(counts), np.nan)
    return mean(iou), iou


def _all_classes(counts: ImageCounts, *, absent: float) -> tuple[float, Values]:
    """Return the plain mean over all classes, of which those that never occur count as ``absent``."""
    iou = np.nan_to_num(_over_dataset(counts), nan=absent)
    return float(iou.mean()), iou


def _ignored_as_class_0(counts: ImageCounts) -> tuple[float, Values]:
    truth, found, hits = counts.truth.sum(0), counts.found.sum(0), counts.hits.sum(0)
    counted = counts.at_ignored.sum(0)
    truth[0] += counted.sum()
    hits[0] += counted[0]
    iou = iou_of(hits, truth, found + counted)
    return mean(iou), iou


def _pairs(counts: ImageCounts, first_class: int) -> tuple[float, Values]:
    ignored = np.zeros_like(counts.hits)
    ignored[:, 0] = counts.at_ignored.sum(1)  # ignored pixels become class 0 in both
    iou = iou_of(counts.hits + ignored, counts.truth + ignored, counts.found + ignored)
    iou[:, :first_class] = np.nan
    return mean(iou), means(iou, 0)


def _monai(counts: ImageCounts) -> tuple[float, None]:
    iou = np.where(counts.truth > 0, _per_pair(counts), np.nan)
    return mean(means(iou, 1)), None


def _absent_is_1(counts: ImageCounts) -> tuple[float, Values]:
    iou = np.nan_to_num(_per_pair(counts), nan=1.0)
    return float(iou.mean()), iou.mean(0)


def _nnunet(counts: ImageCounts) -> tuple[float, Values]:
    iou = means(_per_pair(counts), 0)
    iou[0] = np.nan
    return float(iou[1:].mean()) if len(iou) > 1 else math.nan, iou


def _smp_micro(counts: ImageCounts) -> tuple[float, None]:
    return float(iou_of(counts.hits.sum(), counts.truth.sum(), counts.found.sum())), None


def _smp_micro_imagewise(counts: ImageCounts) -> tuple[float, None]:
    iou = iou_of(counts.hits.sum(1), counts.truth.sum(1), counts.found.sum(1))  # each error is one FP and one FN
    return float(np.nan_to_num(iou, nan=1.0).mean()), None


def _smp_weighted(counts: ImageCounts) -> tuple[float, Values]:
    iou = np.nan_to_num(_over_dataset(counts), nan=1.0)
    return float((iou * _shares(counts)).sum()), iou


def _smp_weighted_imagewise(counts: ImageCounts) -> tuple[float, Values]:
    iou = np.nan_to_num(_per_pair(counts), nan=1.0).mean(0)
    return float((iou * _shares(counts)).mean()), iou


def _shares(counts: ImageCounts) -> Values:
    """Return the share of ground-truth pixels (K,); NaN without valid pixels."""
    pixels = counts.truth.sum(0).astype(np.float64)
    return ratio(pixels, np.full_like(pixels, pixels.sum()))


CONVENTIONS: tuple[Convention, ...] = (
    Convention(
        "dataset",
        "mmsegmentation, Cityscapes, torchmetrics Jaccard (macro)",
        "One confusion matrix over all images; mean over the classes in the ground truth or the prediction, background "
        "included; ignored pixels left out.",
        "",
        _dataset,
    ),
    Convention(
        "present",
        "scikit-learn jaccard_score (macro, labels of the ground truth)",
        "One confusion matrix over all images; mean over the classes in the ground truth.",
        "A class that the data does not contain is left out even if it was predicted; those pixels still count as "
        "errors of the classes that they belong to.",
        _present,
    ),
    Convention(
        "voc",
        "Pascal VOC devkit, SegNet scripts, smp macro with zero_division=0",
        "One table over all images; mean over all classes.",
        "A class that never occurs counts as 0 instead of being left out, so each such class lowers the mean.",
        lambda counts: _all_classes(counts, absent=0.0),
    ),
    Convention(
        "torchvision",
        "torchvision reference scripts",
        "One table over all images; plain mean over all classes.",
        "A class that never occurs is 0 / 0, and one NaN makes the whole mean NaN.",
        lambda counts: _all_classes(counts, absent=math.nan),
    ),
    Convention(
        "torchmetrics",
        "torchmetrics MeanIoU",
        "The IoU of each class in each image; mean over all pairs (image, class) that occur.",
        "A small image weighs as much as a large one, and a rare class in a few images as much as those images; "
        "it cannot ignore pixels, so here ignored ones were set to class 0 in ground truth and prediction and "
        "count as right.",
        lambda counts: _pairs(counts, 0),
    ),
    Convention(
        "torchmetrics_foreground",
        "torchmetrics MeanIoU, include_background=False",
        "The IoU of each class but the first in each image; mean over all pairs that occur.",
        "As torchmetrics MeanIoU, and the background, usually the easiest class, is left out.",
        lambda counts: _pairs(counts, 1),
    ),
    Convention(
        "smp_macro",
        "segmentation_models.pytorch macro",
        "One table over all images; mean over all classes.",
        "A class that never occurs counts as 1 (zero_division=1.0), so each such class raises the mean.",
        lambda counts: _all_classes(counts, absent=1.0),
    ),
    Convention(
        "smp_macro_imagewise",
        "segmentation_models.pytorch macro-imagewise",
        "The IoU of each class in each image; mean over all images and classes.",
        "A class that is absent from an image and rightly not found there counts as 1; most classes are absent from "
        "most images.",
        _absent_is_1,
    ),
    Convention(
        "smp_micro",
        "segmentation_models.pytorch micro",
        "The pixels of all classes and images together in one ratio.",
        "It is no mean over classes: large classes decide. It equals accuracy / (2 - accuracy), pixel accuracy in "
        "other clothes.",
        _smp_micro,
    ),
    Convention(
        "smp_micro_imagewise",
        "segmentation_models.pytorch micro-imagewise",
        "The pixels of all classes of an image together in one ratio; mean over images.",
        "As micro, but each image weighs the same whatever its size.",
        _smp_micro_imagewise,
    ),
    Convention(
        "smp_weighted",
        "segmentation_models.pytorch weighted (by share of true pixels)",
        "One table over all images; mean over classes, weighted by the share of their true pixels.",
        "Large classes decide; with these weights it is the frequency-weighted IoU.",
        _smp_weighted,
    ),
    Convention(
        "smp_weighted_imagewise",
        "segmentation_models.pytorch weighted-imagewise (by share of true pixels)",
        "The IoU of each class in each image, mean over images, weighted by the share of true pixels, mean over "
        "classes.",
        "The weights already sum to 1, yet the library divides by the number of classes once more: with K classes "
        "a perfect prediction scores 1 / K.",
        _smp_weighted_imagewise,
    ),
    Convention(
        "monai",
        "MONAI MeanIoU (ignore_empty=True)",
        "The IoU of each class that truly is in an image; mean over the classes of the image, then over images.",
        "Images weigh the same whatever they hold; a class that was found where there is none goes unpunished, but "
        "for what it takes from others.",
        _monai,
    ),
    Convention(
        "monai_with_empty",
        "MONAI MeanIoU (ignore_empty=False)",
        "The IoU of each class in each image; mean over classes, then over images.",
        "A class that is absent from an image counts as 1 if it was not found there and as 0 if it was.",
        lambda counts: (_absent_is_1(counts)[0], None),
    ),
    Convention(
        "nnunet",
        "nnU-Net, mean over the foreground",
        "The IoU of each class in each image, mean over the images where it occurs, then plain mean over all classes "
        "but the first.",
        "Images weigh the same, the background is left out, and a class that never occurs makes the mean NaN.",
        _nnunet,
    ),
    Convention(
        "ignored_as_class_0",
        "Mistake: 255 treated as class 0",
        "As the first, but pixels to be ignored count as true pixels of class 0.",
        "Whatever was predicted there is judged as if class 0 were right: class 0 gains where it was predicted, other "
        "classes get false positives.",
        _ignored_as_class_0,
        mistake=True,
    ),
)
"""The first one is ours: the primary metric of every report."""
