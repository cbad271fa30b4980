"""Tversky loss: overlap, with a price of its own for the imagined and for the missed.

    L_c = 1 − (TP + s) / (TP + α FP + β FN + s)           L = the mean over the classes that are present

α = β = 0.5 is Dice; α = β = 1 is soft IoU. β > α asks for the missed pixels: small objects, lesions.

Paper    Salehi, Erdogmus, Gholipour: "Tversky loss function for image segmentation using 3D fully convolutional deep
         networks", MLMI 2017, https://arxiv.org/abs/1706.05721
Differs  All classes of a softmax, not the foreground alone.
"""

from torch import Tensor

from segcore.losses.base import TINY, Loss, Term, checked_option, enter
from segcore.losses.overlap import mean_over_present, soft_counts


class Tversky(Loss):
    """Tversky loss per class, the mean over the classes present in the batch. How it counts: ``losses/overlap.py``.

    Args:
        num_classes: K, background included.
        class_weights: (K,) weight of each class in the mean.
        alpha: α >= 0, the price of false positives.
        beta: β >= 0, the price of false negatives.
        smooth: s >= 0, in pixels; calms the ratio where a class has few pixels.

    Raises:
        BadConfig: an option is no number >= 0.
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
        counts = soft_counts(enter(logits, target, self.num_classes))
        priced = self.alpha * counts.false_positive + self.beta * counts.false_negative
        whole = counts.true_positive + priced + self.smooth
        losses = 1 - (counts.true_positive + self.smooth) / whole.clamp(min=TINY)
        return (mean_over_present(losses, counts.truth, self.class_weights),)
