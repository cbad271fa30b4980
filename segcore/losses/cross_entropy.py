"""Cross entropy: the negative log-probability of the true class of each pixel.

    L = Σ w[y] · −log p[y]  /  Σ w[y]          over the valid pixels, y the true class, p = softmax(logits)

With label smoothing s the target is 1 − s for y plus s / K for every class (Szegedy et al.: "Rethinking the Inception
Architecture for Computer Vision", CVPR 2016, https://arxiv.org/abs/1512.00567). Class weights are then applied as in
PyTorch: w[c] to each −log p[c], and Σ w[y] in the divisor.
"""

import torch.nn.functional as F
from torch import Tensor

from segcore.losses.base import Loss, LossCard, Term, checked_option, pixel_weights, prepare
from segcore.types import IGNORE


class CrossEntropy(Loss):
    """Softmax cross entropy, the mean over valid pixels; the default loss.

    Args:
        class_weights: (K,) weight of a pixel by its true class.
        label_smoothing: s in 0 … 1; 0.1 reduces overconfidence.
    """

    def __init__(self, num_classes: int, class_weights: Tensor | None = None, *, label_smoothing: float = 0.0) -> None:
        super().__init__(num_classes, class_weights)
        self.label_smoothing = checked_option("cross_entropy", "label_smoothing", label_smoothing, 0.0, 1.0)

    def terms(self, logits: Tensor, target: Tensor) -> tuple[Term, ...]:
        """One term; the unit is the pixel. Shapes as in ``Loss.terms``."""
        logits = prepare(logits, target, self.num_classes).logits
        total = F.cross_entropy(
            logits,
            target.long(),
            weight=None if self.class_weights is None else self.class_weights.to(logits),
            ignore_index=IGNORE,
            label_smoothing=self.label_smoothing,
            reduction="sum",
        )
        return (Term(total, pixel_weights(target, self.class_weights, logits.dtype).sum()),)


CARD = LossCard(
    name="cross_entropy",
    title="Cross entropy",
    summary="The negative log-probability of each pixel's true class; the default choice.",
    paper="https://arxiv.org/abs/1411.4038",
    build=CrossEntropy,
)
