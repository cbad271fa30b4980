"""Downsampling of curves for display."""

from collections.abc import Sequence
from operator import itemgetter

MOST_POINTS = 2000
"""Maximum points per curve; a screen has no more columns of pixels."""

Point = tuple[int, float, float | None]
"""Optimiser step, Unix seconds, value; None for NaN or a class that did not occur."""


def thinned(points: Sequence[Point], most: int = MOST_POINTS) -> list[Point]:
    """At most ``most`` points that look the same: of each stretch the lowest and the highest, which preserves spikes.

    Gaps (None) are kept only if a stretch contains nothing else. The first and the last point are always kept.
    """
    if len(points) <= most:
        return list(points)
    stretches = (most - 2) // 2
    inner = points[1:-1]
    kept = [points[0]]
    for index in range(stretches):
        stretch = inner[len(inner) * index // stretches : len(inner) * (index + 1) // stretches]
        numbers = [point for point in stretch if point[2] is not None]
        if not numbers:
            kept.append(stretch[0])
            continue
        low, high = min(numbers, key=itemgetter(2)), max(numbers, key=itemgetter(2))
        kept += [low] if low is high else sorted((low, high))
    return [*kept, points[-1]]
