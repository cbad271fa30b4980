"""Overlap of a predicted mask and a true one."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class MaskOverlap:
    """Pixel counts of two masks."""

    tp: int  # in both
    fp: int  # in the prediction only
    fn: int  # in the ground truth only

    @property
    def iou(self) -> float:
        """0 … 1; 0 for two empty masks."""
        return self.tp / max(self.tp + self.fp + self.fn, 1)


def mask_overlap(found: NDArray[np.bool_], true: NDArray[np.bool_]) -> MaskOverlap:
    """Overlap of two masks (h, w)."""
    tp, fp, fn = (int(np.count_nonzero(mask)) for mask in (found & true, found & ~true, true & ~found))
    return MaskOverlap(tp, fp, fn)
