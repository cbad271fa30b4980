"""Numbers that a single bad epoch does not move: medians, and how much a curve jumps by itself."""

from collections.abc import Sequence
from itertools import pairwise
from statistics import median

WINDOW = 3
"""Epochs that a median is taken over: the least that leaves out one outlier."""


MEANT = 4.0
"""A rise above the lowest value means something when it is so many usual jumps high: the lowest of many noisy values
always lies below the latest."""


def smooth(values: Sequence[float]) -> list[float]:
    """Running medians over WINDOW values, over fewer at both ends; as many as went in."""
    half = WINDOW // 2
    return [median(values[max(0, index - half) : index + half + 1]) for index in range(len(values))]


def lowest(values: Sequence[float]) -> int:
    """Where the lowest value is whose neighbours are low too; the first of several."""
    medians = smooth(values)
    near = min(range(len(values)), key=medians.__getitem__)
    around = range(max(0, near - WINDOW // 2), min(len(values), near + WINDOW // 2 + 1))
    return min(around, key=values.__getitem__)


def latest(values: Sequence[float]) -> float:
    """The median of the last WINDOW values, of which there must be one."""
    return values[latest_index(values)]


def latest_index(values: Sequence[float]) -> int:
    """Which of the last WINDOW values is their median: so that a person finds the number on the curve."""
    last = range(max(0, len(values) - WINDOW), len(values))
    return sorted(last, key=values.__getitem__)[len(last) // 2]


def jump(values: Sequence[float]) -> float:
    """The median step from one value to the next, up or down: how far a curve moves without meaning anything."""
    return median([abs(b - a) for a, b in pairwise(values)]) if len(values) > 1 else 0.0
