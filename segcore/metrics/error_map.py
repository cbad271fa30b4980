"""What became of every pixel of an image, seen from one class: where it was found, missed and imagined."""

from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from segcore.types import IGNORE, LabelMap


class Outcome(IntEnum):
    """What became of a pixel, seen from one class; the values of an error map."""

    TRUE_NEGATIVE = 0
    """Neither truly of the class nor labelled as it."""
    TRUE_POSITIVE = 1
    """Of the class, and labelled as it."""
    FALSE_POSITIVE = 2
    """Labelled as the class, but it is another one."""
    FALSE_NEGATIVE = 3
    """Of the class, but labelled as another one."""
    IGNORED = IGNORE
    """The truth says nothing here."""


def error_map(labels: LabelMap, truth: LabelMap, class_id: int) -> NDArray[np.uint8]:
    """Where one class was found, missed and imagined.

    Args:
        labels: (H, W) predicted ids.
        truth: (H, W) true ids or IGNORE.
        class_id: the class to look at.

    Returns:
        (H, W) uint8, the values of ``Outcome``.

    Raises:
        ValueError: the sizes differ.
    """
    if labels.shape != truth.shape:
        raise ValueError(f"labels are {labels.shape}, the truth is {truth.shape}: (height, width) must be equal.")
    found, true = labels == class_id, truth == class_id
    outcome = np.full(truth.shape, Outcome.TRUE_NEGATIVE, np.uint8)
    outcome[found & true] = Outcome.TRUE_POSITIVE
    outcome[found & ~true] = Outcome.FALSE_POSITIVE
    outcome[~found & true] = Outcome.FALSE_NEGATIVE
    outcome[truth == IGNORE] = Outcome.IGNORED
    return outcome
