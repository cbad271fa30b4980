"""A small picture whose truth is known, a prediction that can be shifted and painted, and what it is worth.

The scene is a square object on a background, and a single pixel of a rare class. All counts come from
`segcore.metrics`, so that the lesson cannot drift away from what the rest of the program reports.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from segcore.metrics import Scores, boundary_counts, boundary_scores, confusion, scores
from segcore.types import IGNORE, LabelMap

SIDE = 12
"""The picture is SIDE x SIDE pixels."""

BACKGROUND, OBJECT, RARE = 0, 1, 2


def square_truth(object_side: int, *, rare: bool = False, ignore_border: bool = False) -> LabelMap:
    """(SIDE, SIDE): the object in the middle.

    Args:
        object_side: 1 … SIDE - 2 pixels.
        rare: also one pixel of class RARE, in the lower right corner but one.
        ignore_border: the ring of pixels around the object is IGNORE, as in Pascal VOC, where nobody could say.

    Raises:
        ValueError: the object does not fit.
    """
    if not 1 <= object_side <= SIDE - 2:
        raise ValueError(f"object_side is {object_side}; it must be 1 … {SIDE - 2}.")
    truth = np.zeros((SIDE, SIDE), np.uint8)
    begin = (SIDE - object_side) // 2
    end = begin + object_side
    if ignore_border:
        truth[begin - 1 : end + 1, begin - 1 : end + 1] = IGNORE
    truth[begin:end, begin:end] = OBJECT
    if rare:
        truth[SIDE - 2, SIDE - 2] = RARE
    return truth


def shifted(labels: LabelMap, pixels: int) -> LabelMap:
    """The object moved right and down; what leaves the picture is gone, what comes in is background.

    IGNORE and the rare class become background: a network never says "ignore", and this one has missed the rare class.
    """
    found = np.where(labels == OBJECT, OBJECT, BACKGROUND).astype(np.uint8)
    moved = np.zeros_like(found)
    moved[pixels:, pixels:] = found[: SIDE - pixels, : SIDE - pixels]
    return moved


def painted(labels: LabelMap, places: list[tuple[int, int]]) -> LabelMap:
    """The labels with some pixels turned over: object to background, anything else to object."""
    result = labels.copy()
    for place in places:
        result[place] = BACKGROUND if result[place] == OBJECT else OBJECT
    return result


@dataclass(frozen=True, eq=False)
class Lab:
    """One prediction and all that is said of it.

    Attributes:
        truth: (SIDE, SIDE), class ids or IGNORE.
        prediction: (SIDE, SIDE), class ids.
        counts: (K, K), rows the truth, columns the prediction.
        scores: all ratios of this picture.
        other_counts: of a second picture, whose object is 2 x 2 pixels, under the same shift.
        other_scores: of that one alone.
        pooled: of both pictures counted in one table.
        boundary_f: of the object in each of the two pictures, 0 … 1, within one pixel; NaN where it has no outline.
    """

    truth: LabelMap
    prediction: LabelMap
    counts: NDArray[np.int64]
    scores: Scores
    other_counts: NDArray[np.int64]
    other_scores: Scores
    pooled: Scores
    boundary_f: tuple[float, float]

    @property
    def true_positive(self) -> int:
        """Object pixels that were found."""
        return int(self.counts[OBJECT, OBJECT])

    @property
    def false_positive(self) -> int:
        """Pixels that were called object and are not."""
        return int(self.counts[:, OBJECT].sum()) - self.true_positive

    @property
    def false_negative(self) -> int:
        """Object pixels that were missed."""
        return int(self.counts[OBJECT].sum()) - self.true_positive


def measure(
    *, object_side: int, shift: int, places: list[tuple[int, int]], rare: bool = False, ignore_border: bool = False
) -> Lab:
    """Set up the scene and measure it.

    Args:
        object_side: of the square object, 1 … SIDE - 2.
        shift: pixels by which the prediction lies too far right and down, 0 … SIDE - 1.
        places: (row, col) of pixels of the prediction that were painted over.
        rare: whether a third class has one pixel in the truth and none in the prediction.
        ignore_border: whether the ring around the object does not count.
    """
    classes = ("background", "object", "rare")[: 3 if rare else 2]
    truth = square_truth(object_side, rare=rare, ignore_border=ignore_border)
    prediction = painted(shifted(square_truth(object_side), shift), places)
    counts = confusion(prediction, truth, len(classes))
    other_truth = square_truth(2)
    other_prediction = shifted(other_truth, shift)
    other_counts = confusion(other_prediction, other_truth, len(classes))
    return Lab(
        truth=truth,
        prediction=prediction,
        counts=counts,
        scores=scores(counts, classes),
        other_counts=other_counts,
        other_scores=scores(other_counts, classes),
        pooled=scores(counts + other_counts, classes),
        boundary_f=(_boundary_f(prediction, truth), _boundary_f(other_prediction, other_truth)),
    )


def _boundary_f(labels: LabelMap, truth: LabelMap) -> float:
    """Of the object, within one pixel."""
    counts = boundary_counts(
        labels, truth, RARE + 1, tolerance=1.1 / (SIDE * math.sqrt(2))
    )  # 1.1 pixels: above 1, below √2
    return boundary_scores([counts]).f[OBJECT]
