"""How much a score would vary had other images been drawn: an interval to print behind every number.

The bootstrap of Efron ("Bootstrap Methods: Another Look at the Jackknife", Ann. Statist. 1979): the N images are drawn
N times with replacement, the score is made from the counts of what was drawn, all of this B times; the middle 95 % of
the B scores are the percentile interval. Images are drawn, not pixels: pixels of one image are anything but
independent. It says nothing about another camera or another town, nor about another seed of the training.

No image is looked at again, nothing is even copied: that an image was drawn twice is a 2 in a row of weights, and all B
sums are one product of matrices (B, N) x (N, K).
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from segcore.metrics.per_image import ImageCounts

DRAWS = 1000
LEVEL = 0.95

Values = NDArray[np.float64]


@dataclass(frozen=True)
class Interval:
    """Where a score lies.

    Attributes:
        low: lower end; NaN where there is no score, as the upper end.
        high: upper end.
    """

    low: float
    high: float


@dataclass(frozen=True)
class Intervals:
    """Percentile intervals of the scores of one set of images.

    Attributes:
        miou: of the mean IoU.
        mean_dice: of the mean Dice.
        pixel_accuracy: of the pixel accuracy.
        iou: of each class; a draw without the class has no say in it.
        images: N.
        draws: B.
        level: share of the draws inside the interval.
    """

    miou: Interval
    mean_dice: Interval
    pixel_accuracy: Interval
    iou: tuple[Interval, ...]
    images: int
    draws: int
    level: float


@dataclass(frozen=True)
class Difference:
    """The mIoU of one checkpoint minus that of another on the same images.

    Attributes:
        miou: the difference.
        interval: of it; both are scored on the same draws, so what makes an image hard for both cancels out.
        share_above: share of the draws in which the first is better; 0.5 means nobody knows.
        iou: difference of each class; NaN where one of them has none.
        iou_intervals: of those.
    """

    miou: float
    interval: Interval
    share_above: float
    iou: tuple[float, ...]
    iou_intervals: tuple[Interval, ...]


def bootstrap(counts: ImageCounts, *, draws: int = DRAWS, level: float = LEVEL, seed: int = 0) -> Intervals:
    """Percentile intervals over the images.

    Args:
        counts: of at least one image.
        draws: B.
        level: share of the draws inside the interval.
        seed: the same seed gives the same interval.

    Raises:
        ValueError: no image.
    """
    weights = _weights(len(counts), draws, seed)
    hits, truth, found = _sums(weights, counts)
    iou, dice = _ratio(hits, truth + found - hits), _ratio(2 * hits, truth + found)
    accuracy = _ratio(hits.sum(1), truth.sum(1))
    return Intervals(
        miou=_interval(_means(iou), level),
        mean_dice=_interval(_means(dice), level),
        pixel_accuracy=_interval(accuracy, level),
        iou=tuple(_interval(of_class, level) for of_class in iou.T),
        images=len(counts),
        draws=draws,
        level=level,
    )


def paired_difference(
    one: ImageCounts, other: ImageCounts, *, draws: int = DRAWS, level: float = LEVEL, seed: int = 0
) -> Difference:
    """How sure it is that one checkpoint is better than another, from the same images in the same order.

    Args:
        one: counts of the first.
        other: counts of the second.
        draws: B.
        level: share of the draws inside the interval.
        seed: the same seed gives the same result.

    Raises:
        ValueError: no image, or different numbers of images or classes.
    """
    if one.hits.shape != other.hits.shape:
        raise ValueError(f"counts have shapes {one.hits.shape} and {other.hits.shape}: compare the same images.")
    everything = np.ones((1, len(one)))
    weights = _weights(len(one), draws, seed)
    (measured,), drawn = (_iou(each, one) - _iou(each, other) for each in (everything, weights))
    measured_means, means = (_means(_iou(each, one)) - _means(_iou(each, other)) for each in (everything, weights))
    exist = means[~np.isnan(means)]
    above = float(((exist > 0) + 0.5 * (exist == 0)).mean()) if exist.size else math.nan
    return Difference(
        miou=float(measured_means[0]),
        interval=_interval(means, level),
        share_above=above,
        iou=tuple(measured.tolist()),
        iou_intervals=tuple(_interval(of_class, level) for of_class in drawn.T),
    )


def _weights(images: int, draws: int, seed: int) -> Values:
    """(B, N): how often each image was drawn; each row sums to N."""
    if images < 1:
        raise ValueError("no image, so there is nothing to draw")
    return np.random.default_rng(seed).multinomial(images, np.full(images, 1 / images), draws).astype(np.float64)


def _sums(weights: Values, counts: ImageCounts) -> tuple[Values, Values, Values]:
    """Hits, truth and found of every draw, (B, K) each; exact, as float64 holds integers up to 2⁵³."""
    hits, truth, found = (weights @ array for array in (counts.hits, counts.truth, counts.found))
    return hits, truth, found


def _iou(weights: Values, counts: ImageCounts) -> Values:
    hits, truth, found = _sums(weights, counts)
    return _ratio(hits, truth + found - hits)


def _ratio(part: Values, whole: Values) -> Values:
    return np.divide(part, whole, out=np.full(whole.shape, np.nan), where=whole > 0)


def _means(values: Values) -> Values:
    """Mean over the classes that exist, of every draw."""
    exist = ~np.isnan(values)
    count = exist.sum(1)
    return np.divide(np.where(exist, values, 0).sum(1), count, out=np.full(len(values), np.nan), where=count > 0)


def _interval(values: Values, level: float) -> Interval:
    exist = values[~np.isnan(values)]
    if not exist.size:
        return Interval(math.nan, math.nan)
    low, high = np.quantile(exist, [(1 - level) / 2, (1 + level) / 2])
    return Interval(float(low), float(high))
