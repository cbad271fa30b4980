"""What is kept of every image, so that any way of averaging can be computed afterwards: four numbers a class.

A table of counts M (K x K) a image would do too, but all that ratios need of it are its diagonal and its two sums; for
150 classes that is 75 times less to keep.
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
    """Pixels of N images and K classes, each array (N, K) int64.

    Attributes:
        hits: of class c and labelled c: the diagonal of the image's table of counts.
        truth: of class c: the sums of its rows.
        found: labelled c, where the truth says something: the sums of its columns.
        at_ignored: labelled c, where the truth is IGNORE. They belong to no table and count for no sound score; they
            are kept to show what happens where a program counts them all the same.
    """

    hits: Counts
    truth: Counts
    found: Counts
    at_ignored: Counts

    def __post_init__(self) -> None:
        shapes = {array.shape for array in (self.hits, self.truth, self.found, self.at_ignored)}
        if len(shapes) != 1 or self.hits.ndim != 2:
            raise ValueError(f"expected four arrays (N, K), got shapes {sorted(shapes)}")

    @classmethod
    def of_tables(cls, tables: NDArray[np.integer], at_ignored: NDArray[np.integer] | None = None) -> Self:
        """From tables of counts (N, K, K), as ``confusion`` makes them one by one.

        Args:
            tables: rows the truth, columns the labels.
            at_ignored: (N, K), see above; None: no pixel was ignored.
        """
        wide = np.asarray(tables, np.int64)
        truth = wide.sum(axis=2)
        return cls(
            hits=np.diagonal(wide, axis1=1, axis2=2).copy(),
            truth=truth,
            found=wide.sum(axis=1),
            at_ignored=np.zeros_like(truth) if at_ignored is None else np.asarray(at_ignored, np.int64),
        )

    @classmethod
    def stack(cls, parts: "Iterable[ImageCounts]") -> Self:
        """Several sets of images as one, in their order; at least one set, all of the same K."""
        kept = list(parts)
        fields = ("hits", "truth", "found", "at_ignored")
        return cls(*(np.concatenate([getattr(part, name) for part in kept]) for name in fields))

    def __len__(self) -> int:
        return len(self.hits)

    @property
    def num_classes(self) -> int:
        """K."""
        return self.hits.shape[1]


def labels_at_ignored(labels: LabelMap, truth: LabelMap, num_classes: int) -> Counts:
    """How many pixels were labelled what where the truth is IGNORE.

    Args:
        labels: (H, W) predicted ids, 0 … K-1.
        truth: (H, W) true ids or IGNORE.
        num_classes: K.

    Returns:
        (K,) int64.
    """
    return np.bincount(labels[truth == IGNORE], minlength=num_classes)[:num_classes]
