"""Numbers of any depth → 0 … 255, by one rule for photos, datasets and the check.

Cameras store 10, 12 or 14 bits in 16-bit files, which would be nearly black if 65535 were taken for white. Therefore
white is the largest number of the bits that are in use: 2ⁿ - 1 with the smallest n that holds the largest value. So an
image uses at least half of 0 … 255, and photos of one camera get the same scale although their largest values differ.

    integers from 0           0 … 2ⁿ - 1      largest value 4,000 → 4,095
    floats within 0 … 1       0 … 1           also where the largest value is a little above 1
    floats above that         0 … 2ⁿ - 1      0 … 255 stays as it is
    negative values           smallest … largest value
    NaN and infinite values   black

Values up to 5 % above a scale are taken for overshoot of a resampling filter and clipped: 1.02 is white, and 4,100 is
still a 12-bit value. Bytes are never scaled.

Images of a dataset share one scale, which a training stores in the checkpoint; a single photo gets the same where its
values fit.
"""

import math
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from segcore.types import Pixels

_OVERSHOOT = 1.05
_ROWS = 256
"""Rows that are scaled at a time: as float64 a whole photo would need eight bytes per value."""


class ValueRange(NamedTuple):
    """The values that become black and white."""

    low: float
    high: float


def measured_range(values: NDArray[np.generic]) -> ValueRange | None:
    """The smallest and largest finite value of an array; None where it holds no finite one."""
    if not np.issubdtype(values.dtype, np.floating):
        return ValueRange(float(values.min()), float(values.max())) if values.size else None
    extremes = []
    for rows in _blocks(values):
        finite = rows[np.isfinite(rows)]
        if finite.size:
            extremes.append(ValueRange(float(finite.min()), float(finite.max())))
    return joined_range(extremes)


def joined_range(ranges: Iterable[ValueRange | None]) -> ValueRange | None:
    """The range that holds all others; None without any."""
    known = [each for each in ranges if each is not None]
    return ValueRange(min(each.low for each in known), max(each.high for each in known)) if known else None


def scale_of(found: ValueRange | None, *, fractional: bool) -> ValueRange:
    """The range that is mapped to 0 … 255, from the smallest and largest value; see the table above."""
    if found is None:
        return ValueRange(0.0, 1.0)
    if found.low < 0:
        return found
    if fractional and found.high <= _OVERSHOOT:
        return ValueRange(0.0, 1.0)
    bits = max(1, math.ceil(math.log2(found.high / _OVERSHOOT + 1)))
    return ValueRange(0.0, 2.0**bits - 1)


def scale_for_network(own: ValueRange, trained: ValueRange | None) -> ValueRange:
    """The range that is mapped to 0 … 255 in a photo for a network that was trained on images of the range ``trained``.

    That one, so that a dim photo stays dim, if it holds the photo's ``own`` (see `scale_of`) and both are of 0 … 1 or
    both of more; else the photo's own.
    """
    if trained is None or (own.high <= 1) != (trained.high <= 1):
        return own
    return trained if trained.low <= own.low and own.high <= trained.high else own


def to_eight_bits(values: NDArray[np.generic], scale: ValueRange | None = None) -> Pixels:
    """Map an array (H, W, …) of any number type to 0 … 255; without a ``scale`` by that of its own values."""
    if values.dtype == np.uint8:
        return values.astype(np.uint8, copy=False)
    if scale is None:
        scale = scale_of(measured_range(values), fractional=np.issubdtype(values.dtype, np.floating))
    low, high = scale
    scaled = np.empty(values.shape, np.uint8)
    for source, target in zip(_blocks(values), _blocks(scaled), strict=True):
        numbers = (source.astype(np.float64) - low) * (255.0 / max(high - low, 1e-12))
        numbers[~np.isfinite(numbers)] = 0
        target[...] = np.rint(np.clip(numbers, 0, 255))
    return scaled


def _blocks(values: NDArray[np.generic]) -> list[NDArray[np.generic]]:
    """Views of an array, a number of rows each."""
    return [values[start : start + _ROWS] for start in range(0, len(values), _ROWS)]
