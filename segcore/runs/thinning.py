"""Downsampling of curves for display."""

from collections.abc import Sequence

MOST_POINTS = 2000
"""Maximum points per curve; a screen has no more columns of pixels."""

Point = tuple[int, float, float | None]
"""Optimiser step, Unix seconds, value; None for NaN or a class that did not occur."""


def thinned(points: Sequence[Point], most: int = MOST_POINTS) -> list[Point]:
    """At most ``most`` points (4 or more) that look the same: of each stretch the lowest and the highest.

    So spikes remain, and so do gaps: of a stretch with gaps (None) the first one is kept as well, if ``most`` is at
    least 5. The first and the last point are always kept.
    """
    if len(points) <= most:
        return list(points)
    inner = points[1:-1]
    keeps_gaps = most >= 5 and any(point[2] is None for point in inner)
    stretches = (most - 2) // (3 if keeps_gaps else 2)
    kept = [points[0]]
    for index in range(stretches):
        places = range(len(inner) * index // stretches, len(inner) * (index + 1) // stretches)
        numbers = {place: value for place in places if (value := inner[place][2]) is not None}
        chosen = {min(numbers, key=numbers.__getitem__), max(numbers, key=numbers.__getitem__)} if numbers else set()
        gap = next((place for place in places if place not in numbers), None)
        if gap is not None and (keeps_gaps or not numbers):
            chosen.add(gap)
        kept += [inner[place] for place in sorted(chosen)]
    return [*kept, points[-1]]
