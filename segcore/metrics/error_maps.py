"""Error map of one class: true and false positives and negatives per pixel."""

from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from segcore.types import IGNORE, LabelMap


class PixelOutcome(IntEnum):
    """The values of an error map."""

    TRUE_NEGATIVE = 0
    """Neither of the class nor labelled as it."""
    TRUE_POSITIVE = 1
    """Of the class, and labelled as it."""
    FALSE_POSITIVE = 2
    """Labelled as the class, but of another."""
    FALSE_NEGATIVE = 3
    """Of the class, but labelled as another."""
    IGNORED = IGNORE
    """Not labelled in the ground truth."""


def error_map(labels: LabelMap, truth: LabelMap, class_id: int) -> NDArray[np.uint8]:
    """Return the error map (H, W) of one class, values of ``PixelOutcome``.

    Raises:
        ValueError: the sizes differ.
    """
    if labels.shape != truth.shape:
        raise ValueError(f"labels are {labels.shape}, the truth is {truth.shape}: (height, width) must be equal.")
    found, true = labels == class_id, truth == class_id
    outcome = np.full(truth.shape, PixelOutcome.TRUE_NEGATIVE, np.uint8)
    outcome[found & true] = PixelOutcome.TRUE_POSITIVE
    outcome[found & ~true] = PixelOutcome.FALSE_POSITIVE
    outcome[~found & true] = PixelOutcome.FALSE_NEGATIVE
    outcome[truth == IGNORE] = PixelOutcome.IGNORED
    return outcome
