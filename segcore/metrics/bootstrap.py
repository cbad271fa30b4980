"""Bootstrap confidence intervals of scores over the images.

Efron, "Bootstrap Methods: Another Look at the Jackknife", Ann. Statist. 1979: N images are drawn with replacement from
the N images and scored, B times; the middle 95 % of the B scores are the percentile interval. Images are drawn, not
pixels, as the pixels of an image are not independent. The interval does not cover another camera or another town, nor
another seed of the training.

Each draw is a row of weights, how often each image was drawn, and all B sums are one product of matrices
(B, N) x (N, K).
"""

import math
from dataclasses import dataclass

import numpy as np

from segcore.metrics.nan_ratios import Values, iou_of, mean, means, ratio
from segcore.metrics.per_image import ImageCounts

DRAWS = 1000
LEVEL = 0.95


@dataclass(frozen=True)
class Interval:
    """A confidence interval; both ends are NaN where there is no score."""

    low: float
    high: float


_NONE = Interval(math.nan, math.nan)


@dataclass(frozen=True)
class Intervals:
    """Percentile intervals of the scores of one set of images."""

    miou: Interval
    mean_dice: Interval
    pixel_accuracy: Interval
    iou: tuple[Interval, ...]  # of each class, over the draws that contain it
    images: int  # N
    draws: int  # B
    level: float  # share of the draws inside the interval
    miou_of_present: Interval = _NONE  # over the classes in the ground truth of each draw; none in older files


@dataclass(frozen=True)
class Difference:
    """The mIoU of one checkpoint minus that of another on the same images."""

    miou: float
    interval: Interval  # of the difference; paired, so what makes an image hard for both cancels out
    share_above: float  # share of the draws in which the first is better; 0.5 means undecided
    iou: tuple[float, ...]  # difference of each class; NaN where one of them has none
    iou_intervals: tuple[Interval, ...]  # of those


def bootstrap(counts: ImageCounts, *, draws: int = DRAWS, level: float = LEVEL, seed: int = 0) -> Intervals:
    """Return the percentile intervals over the images; the same seed gives the same ones.

    Raises:
        ValueError: no image.
    """
    weights = _weights(len(counts), draws, seed)
    hits, truth, found = _sums(weights, counts)
    iou, dice = iou_of(hits, truth, found), ratio(2 * hits, truth + found)
    accuracy = ratio(hits.sum(1), truth.sum(1))
    return Intervals(
        miou=_interval(means(iou, 1), level),
        mean_dice=_interval(means(dice, 1), level),
        pixel_accuracy=_interval(accuracy, level),
        iou=tuple(_interval(of_class, level) for of_class in iou.T),
        images=len(counts),
        draws=draws,
        level=level,
        miou_of_present=_interval(means(np.where(truth > 0, iou, np.nan), 1), level),
    )


def paired_difference(one: ImageCounts, other: ImageCounts, *, seed: int = 0) -> Difference:
    """Return the difference of two checkpoints on the same images, in the same order, with its confidence.

    Raises:
        ValueError: no image, or different numbers of images or classes.
    """
    if one.hits.shape != other.hits.shape:
        raise ValueError(f"counts have shapes {one.hits.shape} and {other.hits.shape}: compare the same images.")
    weights = np.vstack([np.ones(len(one)), _weights(len(one), DRAWS, seed)])  # first the images themselves, then draws
    first, second = (iou_of(*_sums(weights, counts)) for counts in (one, other))
    iou, miou = first - second, means(first, 1) - means(second, 1)
    return Difference(
        miou=float(miou[0]),
        interval=_interval(miou[1:]),
        share_above=mean((np.sign(miou[1:]) + 1) / 2),  # a draw without a difference counts half
        iou=tuple(iou[0].tolist()),
        iou_intervals=tuple(_interval(of_class) for of_class in iou[1:].T),
    )


def _weights(images: int, draws: int, seed: int) -> Values:
    """Return how often each draw contains each image (B, N); rows sum to N."""
    if images < 1:
        raise ValueError("no image, so there is nothing to draw")
    return np.random.default_rng(seed).multinomial(images, np.full(images, 1 / images), draws).astype(np.float64)


def _sums(weights: Values, counts: ImageCounts) -> tuple[Values, Values, Values]:
    """Return the three sums of every draw, (B, K) each; exact, as float64 has all integers up to 2⁵³."""
    hits, truth, found = (weights @ array for array in (counts.hits, counts.truth, counts.found))
    return hits, truth, found


def _interval(values: Values, level: float = LEVEL) -> Interval:
    exist = values[~np.isnan(values)]
    if not exist.size:
        return Interval(math.nan, math.nan)
    low, high = np.quantile(exist, [(1 - level) / 2, (1 + level) / 2])
    return Interval(float(low), float(high))
