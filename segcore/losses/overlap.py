"""Soft overlap of each class with its ground truth, the basis of Dice and Tversky.

With p = softmax(logits) and t the one-hot target, for class c over the valid pixels of the whole batch

    TP = Σ p t        FP = Σ p (1 − t)        FN = Σ (1 − p) t

Both losses are a mean over classes: with all classes in one ratio, small ones would not matter. Only present classes
count: one without a true pixel has TP = 0 whatever the network does, and predicting it is penalised as FN of another.

The unit is a class of the batch. Accumulated batches are one batch. Over processes the loss is the mean over all
(process, class) pairs that are present, which differs from that of one process. In validation each image is a batch, so
the loss does not depend on the batch size. Class weights weight the classes in that mean.
"""

from typing import ClassVar, NamedTuple

import torch
from torch import Tensor

from segcore.losses.base import Loss, Pixels, Term, one_hot
from segcore.types import IGNORE


class OverlapLoss(Loss):
    """A loss with one value per class, averaged over the classes that are present in the batch."""

    adds_up: ClassVar[bool] = False

    def weights(self, target: Tensor) -> tuple[Tensor, ...]:
        """One weight: that of the present classes together."""
        return (present_weights(target, self.num_classes, self.class_weights).sum(),)

    def class_term(self, losses: Tensor, target: Tensor) -> Term:
        """The term of losses (K,), finite for every class."""
        weights = present_weights(target, self.num_classes, self.class_weights, losses.dtype)
        return Term((losses * weights).sum(), weights.sum())


class SoftCounts(NamedTuple):
    """Soft counts of a batch, each (K,): one number per class."""

    true_positive: Tensor
    false_positive: Tensor
    false_negative: Tensor


def soft_counts(pixels: Pixels) -> SoftCounts:
    """Counts with probabilities in place of decisions."""
    over_pixels = (0, 2, 3)
    truth = one_hot(pixels)
    probs = pixels.logits.softmax(dim=1) * pixels.valid[:, None]
    true_positive = (probs * truth).sum(over_pixels)
    return SoftCounts(true_positive, probs.sum(over_pixels) - true_positive, truth.sum(over_pixels) - true_positive)


def present_weights(
    target: Tensor, num_classes: int, class_weights: Tensor | None, dtype: torch.dtype = torch.float32
) -> Tensor:
    """(K,): the weight of each class (1 without class weights), 0 for a class without a pixel in the target."""
    ids = target.long().masked_fill(target == IGNORE, num_classes).flatten()
    present = torch.zeros(num_classes + 1, dtype=dtype, device=target.device).scatter_(0, ids, 1.0)[:num_classes]
    return present if class_weights is None else present * class_weights.to(present)
