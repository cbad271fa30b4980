"""A small image with known ground truth, a prediction that can be shifted and painted, and every score of it.

The image shows a square object and a single pixel of a rare class. All counts come from `segcore.metrics`, so that the
lesson agrees with what the rest of the program reports.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from segcore.explain.mask_overlap import MaskOverlap
from segcore.metrics import Scores, boundary_counts, boundary_scores, confusion, scores
from segcore.types import IGNORE, LabelMap

SIDE = 12
"""The image is SIDE x SIDE pixels."""

BACKGROUND, OBJECT, RARE = 0, 1, 2


def square_ground_truth(object_side: int, *, rare: bool = False, ignore_border: bool = False) -> LabelMap:
    """(SIDE, SIDE): the object in the middle; ``rare`` adds one pixel of class RARE near the lower right corner.

    With ``ignore_border`` the ring of pixels around the object is IGNORE, as in Pascal VOC.

    Raises:
        ValueError: the side is not 1 … SIDE - 2 pixels.
    """
    if not 1 <= object_side <= SIDE - 2:
        raise ValueError(f"object_side is {object_side}; it must be 1 … {SIDE - 2}.")
    ground_truth = np.zeros((SIDE, SIDE), np.uint8)
    begin = (SIDE - object_side) // 2
    end = begin + object_side
    if ignore_border:
        ground_truth[begin - 1 : end + 1, begin - 1 : end + 1] = IGNORE
    ground_truth[begin:end, begin:end] = OBJECT
    if rare:
        ground_truth[SIDE - 2, SIDE - 2] = RARE
    return ground_truth


def shifted(labels: LabelMap, pixels: int) -> LabelMap:
    """The object shifted right and down; background moves in.

    IGNORE and the rare class become background: a network never predicts IGNORE, and this one misses the rare class.
    """
    found = np.where(labels == OBJECT, OBJECT, BACKGROUND).astype(np.uint8)
    moved = np.zeros_like(found)
    moved[pixels:, pixels:] = found[: SIDE - pixels, : SIDE - pixels]
    return moved


def painted(labels: LabelMap, places: Sequence[tuple[int, int]]) -> LabelMap:
    """The labels with some pixels inverted: object to background, anything else to object."""
    result = labels.copy()
    for place in places:
        result[place] = BACKGROUND if result[place] == OBJECT else OBJECT
    return result


@dataclass(frozen=True, eq=False)
class Lab:
    """One prediction and its scores."""

    ground_truth: LabelMap  # (SIDE, SIDE), class ids or IGNORE
    prediction: LabelMap  # (SIDE, SIDE), class ids
    counts: NDArray[np.int64]  # (K, K), the confusion matrix: rows ground truth, columns prediction
    scores: Scores  # all ratios of this image
    other_counts: NDArray[np.int64]  # of a second image, whose object is 2 x 2 pixels, under the same shift
    other_scores: Scores  # of that one alone
    pooled: Scores  # of the confusion matrix of both images
    # of the object in each of the two images, 0 … 1, within one pixel; NaN where it has no boundary
    boundary_f: tuple[float, float]

    @property
    def overlap(self) -> MaskOverlap:
        """Pixels of the object, of those that are not IGNORE."""
        tp = int(self.counts[OBJECT, OBJECT])
        return MaskOverlap(tp, int(self.counts[:, OBJECT].sum()) - tp, int(self.counts[OBJECT].sum()) - tp)


def measure(
    *, object_side: int, shift: int, places: Sequence[tuple[int, int]], rare: bool = False, ignore_border: bool = False
) -> Lab:
    """The scene and its scores; the other arguments as for `shifted`, `painted` and `square_ground_truth`."""
    classes = ("background", "object", "rare")[: 3 if rare else 2]
    ground_truth = square_ground_truth(object_side, rare=rare, ignore_border=ignore_border)
    prediction = painted(shifted(square_ground_truth(object_side), shift), places)
    counts = confusion(prediction, ground_truth, len(classes))
    other_truth = square_ground_truth(2)
    other_prediction = shifted(other_truth, shift)
    other_counts = confusion(other_prediction, other_truth, len(classes))
    return Lab(
        ground_truth=ground_truth,
        prediction=prediction,
        counts=counts,
        scores=scores(counts, classes),
        other_counts=other_counts,
        other_scores=scores(other_counts, classes),
        pooled=scores(counts + other_counts, classes),
        boundary_f=(_boundary_f(prediction, ground_truth), _boundary_f(other_prediction, other_truth)),
    )


def _boundary_f(labels: LabelMap, ground_truth: LabelMap) -> float:
    """Of the object, within one pixel."""
    tolerance = 1.1 / (SIDE * math.sqrt(2))  # 1.1 pixels: above 1, below √2
    return boundary_scores([boundary_counts(labels, ground_truth, RARE + 1, tolerance=tolerance)]).f[OBJECT]
