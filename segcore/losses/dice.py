"""Dice loss: one minus the overlap of each class with its ground truth; small classes count as much as large ones.

    L_c = 1 − (2 TP + s) / (2 TP + FP + FN + s)           L = the mean over the classes that are present

Paper    Milletari, Navab, Ahmadi: "V-Net: Fully Convolutional Neural Networks for Volumetric Medical Image
         Segmentation", 3DV 2016, https://arxiv.org/abs/1606.04797
Differs  The paper squares the probabilities in the divisor and has one foreground class; here they are not squared, as
         in Sudre et al. 2017, and every class has its own ratio.
"""

from torch import Tensor

from segcore.losses.base import TINY, LossCard, Term, checked_option, prepare
from segcore.losses.overlap import OverlapLoss, soft_counts


class Dice(OverlapLoss):
    """Soft Dice loss per class, the mean over the classes present in the batch; see ``losses/overlap.py``.

    Args:
        class_weights: (K,) weight of each class in the mean. Rarely needed: Dice balances the classes already.
        smooth: s >= 0, in pixels; stabilises the ratio of classes with few pixels.
    """

    def __init__(self, num_classes: int, class_weights: Tensor | None = None, *, smooth: float = 0.0) -> None:
        super().__init__(num_classes, class_weights)
        self.smooth = checked_option("dice", "smooth", smooth, 0.0)

    def terms(self, logits: Tensor, target: Tensor) -> tuple[Term, ...]:
        """One term; its weight is the number of present classes. Shapes as in ``Loss.terms``."""
        counts = soft_counts(prepare(logits, target, self.num_classes))
        overlap = 2 * counts.true_positive + self.smooth
        whole = overlap + counts.false_positive + counts.false_negative
        return (self.class_term(1 - overlap / whole.clamp(min=TINY), target),)


CARD = LossCard(
    name="dice",
    title="Dice",
    summary="The overlap of each class with its ground truth: a small class counts as much as a large one.",
    paper="https://arxiv.org/abs/1606.04797",
    build=Dice,
)
