"""Regions and their numbers."""

import numpy as np
from numpy.typing import NDArray


def by_size(regions: NDArray[np.integer]) -> NDArray[np.int32]:
    """The same regions, numbered from 0, the largest first; numbers that nobody has are left out.

    Args:
        regions: (h, w) any whole numbers.
    """
    flat = np.unique(regions, return_inverse=True)[1].reshape(regions.shape)
    order = np.argsort(-np.bincount(flat.ravel()), kind="stable")
    rank = np.empty(len(order), np.int32)
    rank[order] = np.arange(len(order), dtype=np.int32)
    return rank[flat]
