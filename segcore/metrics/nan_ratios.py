"""Ratios that are NaN where they do not exist (0 / 0), means over those that exist, and NaN as JSON's null."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]


def ratio(part: NDArray[Any], whole: NDArray[Any]) -> Values:
    """Return part / whole, NaN where the whole is 0."""
    result = np.full(np.shape(whole), np.nan)
    np.divide(part, whole, out=result, where=whole > 0)
    return result


def iou_of(hits: NDArray[Any], truth: NDArray[Any], found: NDArray[Any]) -> Values:
    """Return hits / union of the pixels of a class, NaN where it is in neither ground truth nor prediction."""
    return ratio(hits, truth + found - hits)


def mean(values: Values | Sequence[float]) -> float:
    """Return the mean without NaN; NaN if nothing is left (np.nanmean would warn)."""
    exist = np.asarray(values, np.float64)
    exist = exist[~np.isnan(exist)]
    return float(exist.mean()) if exist.size else math.nan


def means(values: Values, axis: int) -> Values:
    """Return the mean along an axis without NaN; NaN where nothing is left."""
    exist = ~np.isnan(values)
    return ratio(np.where(exist, values, 0).sum(axis), exist.sum(axis))


def without_nan(value: Any) -> Any:
    """Return plain values for JSON: at any depth, tuples become lists and NaN becomes None."""
    if isinstance(value, dict):
        return {key: without_nan(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [without_nan(item) for item in value]
    return None if isinstance(value, float) and math.isnan(value) else value


def with_nan(value: Any) -> Any:
    """Return the inverse of ``without_nan``: None becomes NaN, at any depth."""
    if isinstance(value, dict):
        return {key: with_nan(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [with_nan(item) for item in value]
    return math.nan if value is None else value
