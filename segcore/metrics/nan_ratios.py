"""Ratios that are NaN where they do not exist (0 / 0), and means over those that exist."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]


def ratio(part: NDArray[Any], whole: NDArray[Any]) -> Values:
    """Return part / whole, NaN where the whole is 0."""
    result = np.full(np.shape(whole), np.nan)
    np.divide(part, whole, out=result, where=whole > 0)
    return result


def mean(values: Values) -> float:
    """Return the mean without NaN; NaN if nothing is left (np.nanmean would warn)."""
    exist = values[~np.isnan(values)]
    return float(exist.mean()) if exist.size else math.nan


def means(values: Values, axis: int) -> Values:
    """Return the mean along an axis without NaN; NaN where nothing is left."""
    exist = ~np.isnan(values)
    return ratio(np.where(exist, values, 0).sum(axis), exist.sum(axis))
