"""Statistics that a single outlier does not change: running medians, and the usual noise of a curve."""

from collections.abc import Sequence
from itertools import pairwise
from statistics import median

WINDOW = 3
"""Number of epochs per median: the smallest that excludes one outlier."""

MEANT = 4.0
"""A rise above the lowest value is significant from this multiple of the usual jump on: the lowest of many noisy values
always lies below the latest."""


def smooth(values: Sequence[float]) -> list[float]:
    """Running medians over WINDOW values, over fewer at both ends; of the same length."""
    half = WINDOW // 2
    return [median(values[max(0, index - half) : index + half + 1]) for index in range(len(values))]


def lowest(values: Sequence[float]) -> int:
    """Index of the lowest value whose neighbours are low too; the first of several."""
    medians = smooth(values)
    near = min(range(len(values)), key=medians.__getitem__)
    around = range(max(0, near - WINDOW // 2), min(len(values), near + WINDOW // 2 + 1))
    return min(around, key=values.__getitem__)


def latest(values: Sequence[float]) -> float:
    """The median of the last WINDOW values; there must be at least one."""
    return values[latest_index(values)]


def latest_index(values: Sequence[float]) -> int:
    """Index of the median of the last WINDOW values, so that the number can be found on the curve."""
    last = range(max(0, len(values) - WINDOW), len(values))
    return sorted(last, key=values.__getitem__)[len(last) // 2]


def jump(values: Sequence[float]) -> float:
    """The median absolute difference between neighbouring values: the usual noise of a curve."""
    return median([abs(b - a) for a, b in pairwise(values)]) if len(values) > 1 else 0.0
