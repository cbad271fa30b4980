"""Cross entropy: how surprised the network is by the true class of each pixel.

    L = Σ w[y] · −log p[y]  /  Σ w[y]          over the valid pixels, y the true class, p = softmax(logits)

With label smoothing s the target is no longer "certainly y" but 1 − s for y plus s / K for every class (Szegedy et al.:
"Rethinking the Inception Architecture for Computer Vision", CVPR 2016, https://arxiv.org/abs/1512.00567).
Class weights then stand where PyTorch has them: w[c] at each −log p[c], and Σ w[y] in the divisor.
"""

import torch.nn.functional as F
from torch import Tensor

from segcore.losses.base import Loss, Term, checked_option, enter, pixel_weights
from segcore.types import IGNORE


class CrossEntropy(Loss):
    """Softmax cross entropy, the mean over valid pixels; the loss to begin with.

    Args:
        num_classes: K, background included.
        class_weights: (K,) weight of a pixel by its true class.
        label_smoothing: s in 0 … 1; 0.1 keeps a network from growing over-confident.

    Raises:
        BadConfig: label_smoothing is no number from 0 to 1.
    """

    def __init__(self, num_classes: int, class_weights: Tensor | None = None, *, label_smoothing: float = 0.0) -> None:
        super().__init__(num_classes, class_weights)
        self.label_smoothing = checked_option("cross_entropy", "label_smoothing", label_smoothing, 0.0, 1.0)

    def terms(self, logits: Tensor, target: Tensor) -> tuple[Term, ...]:
        """One term; the unit is the pixel. Shapes as in ``Loss.terms``."""
        pixels = enter(logits, target, self.num_classes)
        weights = None if self.class_weights is None else self.class_weights.to(pixels.logits)
        total = F.cross_entropy(
            pixels.logits,
            target.long(),
            weight=weights,
            ignore_index=IGNORE,
            label_smoothing=self.label_smoothing,
            reduction="sum",
        )
        return (Term(total, pixel_weights(pixels, self.class_weights).sum()),)
