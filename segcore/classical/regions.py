"""Numbering of regions."""

import numpy as np
from numpy.typing import NDArray


def by_size(regions: NDArray[np.integer]) -> NDArray[np.int32]:
    """Return the same regions, numbered from 0 without gaps, the largest first.

    Args:
        regions: (h, w) any integers.
    """
    flat = np.unique(regions, return_inverse=True)[1].reshape(regions.shape)
    order = np.argsort(-np.bincount(flat.ravel()), kind="stable")
    rank = np.empty(len(order), np.int32)
    rank[order] = np.arange(len(order), dtype=np.int32)
    return np.asarray(rank[flat], np.int32)
