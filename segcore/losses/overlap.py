"""Soft overlap of each class with its truth: what Dice and Tversky are made of.

With p = softmax(logits) and t the one-hot truth, for class c over the valid pixels of the whole batch

    TP = Σ p t        FP = Σ p (1 − t)        FN = Σ (1 − p) t

Two choices, made for both losses:

- Per class, then the mean. Flattening the classes together looks alike but makes both sums equal to the number of
  pixels; the loss is then 1 − mean p of the true class, and small classes have lost their voice.
- Present classes only. A class without a true pixel in the batch has TP = 0 whatever the network does; its loss would
  be 1 with no gradient that helps. Imagining such a class is punished all the same: its probability is missing from the
  true one, as FN.

The unit is the batch: a ratio of sums is not a sum of ratios, so two half batches do not give what one batch gives.
Class weights weigh the classes in the mean.
"""

from typing import NamedTuple

from torch import Tensor

from segcore.losses.base import Pixels, Term, one_hot


class SoftCounts(NamedTuple):
    """Soft counts of a batch, each (K,): one number per class."""

    true_positive: Tensor
    false_positive: Tensor
    false_negative: Tensor
    truth: Tensor
    """True pixels; no gradient."""


def soft_counts(pixels: Pixels) -> SoftCounts:
    """Count with probabilities in place of decisions."""
    over_pixels = (0, 2, 3)
    truth = one_hot(pixels)
    probs = pixels.logits.softmax(dim=1) * pixels.valid[:, None]
    true_positive = (probs * truth).sum(over_pixels)
    predicted, true = probs.sum(over_pixels), truth.sum(over_pixels)
    return SoftCounts(true_positive, predicted - true_positive, true - true_positive, true)


def mean_over_present(losses: Tensor, truth: Tensor, class_weights: Tensor | None) -> Term:
    """The term of a loss per class.

    Args:
        losses: (K,) finite for every class.
        truth: (K,) true pixels; classes without any do not count.
        class_weights: (K,) or None.
    """
    weights = (truth > 0).to(losses.dtype)
    if class_weights is not None:
        weights = weights * class_weights.to(weights)
    return Term((losses * weights).sum(), weights.sum())
