"""ImageCounts: four numbers per image and class, from which any average can be computed afterwards.

Of each image's confusion matrix the ratios only need the diagonal and the sums of rows and columns; with 150 classes
that is 50 times less memory.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from segcore.types import IGNORE, LabelMap

Counts = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class ImageCounts:
    """Pixels of N images and K classes, each array (N, K) int64."""

    hits: Counts  # true positives: the diagonal of the image's confusion matrix
    truth: Counts  # ground-truth pixels of class c: the sums of its rows
    found: Counts  # labelled c, without ignored pixels: the sums of its columns
    at_ignored: Counts  # labelled c, where the ground truth is IGNORE; shows what counting these by mistake does

    def __post_init__(self) -> None:
        shapes = {array.shape for array in (self.hits, self.truth, self.found, self.at_ignored)}
        if len(shapes) != 1 or self.hits.ndim != 2:
            raise ValueError(f"expected four arrays (N, K), got shapes {sorted(shapes)}")

    @classmethod
    def of_matrices(cls, matrices: NDArray[np.integer], at_ignored: NDArray[np.integer] | None = None) -> Self:
        """Convert from matrices (N, K, K), as ``confusion`` returns them, and ``at_ignored`` (N, K), None for zeros."""
        wide = np.asarray(matrices, np.int64)
        truth = wide.sum(axis=2)
        return cls(
            hits=np.diagonal(wide, axis1=1, axis2=2).copy(),
            truth=truth,
            found=wide.sum(axis=1),
            at_ignored=np.zeros_like(truth) if at_ignored is None else np.asarray(at_ignored, np.int64),
        )

    @classmethod
    def stack(cls, parts: "Iterable[ImageCounts]") -> Self:
        """Concatenate sets of images; at least one set, all of the same K."""
        kept = list(parts)
        fields = ("hits", "truth", "found", "at_ignored")
        return cls(*(np.concatenate([getattr(part, name) for part in kept]) for name in fields))

    def __len__(self) -> int:
        return len(self.hits)

    @property
    def num_classes(self) -> int:
        """K."""
        return int(self.hits.shape[1])


def labels_at_ignored(labels: LabelMap, truth: LabelMap, num_classes: int) -> Counts:
    """Return the number of pixels (K,) of each label where the ground truth is IGNORE."""
    return np.bincount(labels[truth == IGNORE], minlength=num_classes)[:num_classes]
