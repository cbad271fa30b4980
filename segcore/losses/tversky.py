"""Tversky loss: overlap with separate weights for false positives and false negatives.

    L_c = 1 − (TP + s) / (TP + α FP + β FN + s)           L = the mean over the classes that are present

α = β = 0.5 is Dice; α = β = 1 is soft IoU. β > α favours recall: small objects, lesions.

Paper    Salehi, Erdogmus, Gholipour: "Tversky loss function for image segmentation using 3D fully convolutional deep
         networks", MLMI 2017, https://arxiv.org/abs/1706.05721
Differs  All classes of a softmax, not the foreground alone.
"""

from torch import Tensor

from segcore.losses.base import TINY, LossCard, Term, checked_option, prepare
from segcore.losses.overlap import OverlapLoss, soft_counts


class Tversky(OverlapLoss):
    """Tversky loss per class, the mean over the classes present in the batch; see ``losses/overlap.py``.

    Args:
        class_weights: (K,) weight of each class in the mean.
        alpha: α >= 0, the weight of false positives.
        beta: β >= 0, the weight of false negatives.
        smooth: s >= 0, in pixels; stabilises the ratio of classes with few pixels.
    """

    def __init__(
        self,
        num_classes: int,
        class_weights: Tensor | None = None,
        *,
        alpha: float = 0.3,
        beta: float = 0.7,
        smooth: float = 0.0,
    ) -> None:
        super().__init__(num_classes, class_weights)
        self.alpha = checked_option("tversky", "alpha", alpha, 0.0)
        self.beta = checked_option("tversky", "beta", beta, 0.0)
        self.smooth = checked_option("tversky", "smooth", smooth, 0.0)

    def terms(self, logits: Tensor, target: Tensor) -> tuple[Term, ...]:
        """One term; its weight is the number of present classes. Shapes as in ``Loss.terms``."""
        counts = soft_counts(prepare(logits, target, self.num_classes))
        errors = self.alpha * counts.false_positive + self.beta * counts.false_negative
        whole = counts.true_positive + errors + self.smooth
        return (self.class_term(1 - (counts.true_positive + self.smooth) / whole.clamp(min=TINY), target),)


CARD = LossCard(
    name="tversky",
    title="Tversky",
    summary="Overlap with separate weights for false positives and false negatives; finds more small objects.",
    paper="https://arxiv.org/abs/1706.05721",
    build=Tversky,
)
