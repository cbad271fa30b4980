"""The confusion matrix of a training's validation, on the device of the predictions. For one image: `confusion`."""

import torch
from torch import Tensor

from segcore.types import IGNORE


class ConfusionMatrix:
    """A confusion matrix on the device of the predictions.

    ``update`` never synchronises with the device: invalid ids go to a bin of their own and are reported when ``counts``
    is read, once an epoch.
    """

    def __init__(self, num_classes: int, device: torch.device | str = "cpu") -> None:
        self.num_classes = num_classes
        # K² pairs, then two more bins: ignored pixels, and invalid ids.
        self._bins = torch.zeros(num_classes**2 + 2, dtype=torch.int64, device=device)

    def update(self, labels: Tensor, target: Tensor) -> None:
        """Count one batch: ``logits.argmax(1)`` and true class ids or IGNORE, integers of any type and one shape.

        Raises:
            ValueError: the shapes differ, or either holds floating-point numbers.
        """
        if labels.shape != target.shape:
            raise ValueError(f"labels have shape {tuple(labels.shape)}, target {tuple(target.shape)}: must be equal.")
        if labels.is_floating_point() or target.is_floating_point():
            raise ValueError(f"labels are {labels.dtype}, target {target.dtype}: pass class ids, logits.argmax(1).")
        k = self.num_classes
        labels, target = labels.flatten().long(), target.flatten().long()
        pairs = target * k + labels
        no_class = (target < 0) | (target >= k) | (labels < 0) | (labels >= k)
        pairs = pairs.masked_fill(no_class, k * k + 1).masked_fill(target == IGNORE, k * k)
        # Not torch.bincount: on a GPU it synchronises to know the largest value. Within a batch 32 bits are enough, and
        # faster.
        ones = torch.ones((), dtype=torch.int32, device=pairs.device).expand(pairs.shape)
        self._bins += torch.zeros_like(self._bins, dtype=torch.int32).scatter_add_(0, pairs, ones)

    def merge(self, other: "ConfusionMatrix") -> None:
        """Add the counts of another part of the same data.

        Raises:
            ValueError: it has another number of classes.
        """
        if other.num_classes != self.num_classes:
            raise ValueError(f"cannot merge {other.num_classes} classes into {self.num_classes}.")
        self._bins += other._bins.to(self._bins.device)

    @property
    def counts(self) -> Tensor:
        """A copy of the matrix (K, K) int64 on the device: rows are the ground truth, columns the labels.

        Raises:
            ValueError: an id was neither a class nor, in the target, IGNORE.
        """
        wrong = int(self._bins[-1])
        if wrong:
            raise ValueError(f"{wrong} pixels have a label or a target outside 0 … {self.num_classes - 1}.")
        return self._bins[:-2].reshape(self.num_classes, self.num_classes).clone()
