"""Cross entropy and Dice together: every pixel counts, and so does every class.

    L = a · cross entropy + b · Dice

Cross entropy alone neglects small classes; Dice alone has noisy gradients and overconfident probabilities. Their sum is
the default of nnU-Net (Isensee et al.: "nnU-Net: a self-configuring method for deep learning-based biomedical image
segmentation", Nature Methods 2021, https://arxiv.org/abs/1904.08128).
"""

from typing import ClassVar

from torch import Tensor

from segcore.losses.base import Loss, LossCard, Term, checked_option
from segcore.losses.cross_entropy import CrossEntropy
from segcore.losses.dice import Dice


class CrossEntropyDice(Loss):
    """A weighted sum of cross entropy (unit: pixel) and Dice (unit: class of the batch).

    Args:
        class_weights: (K,) weight of a pixel by its true class, for the cross entropy only: Dice balances by itself.
        ce_weight: a >= 0.
        dice_weight: b >= 0.
        label_smoothing: as in ``CrossEntropy``.
        smooth: as in ``Dice``.
    """

    adds_up: ClassVar[bool] = False

    def __init__(
        self,
        num_classes: int,
        class_weights: Tensor | None = None,
        *,
        ce_weight: float = 1.0,
        dice_weight: float = 1.0,
        label_smoothing: float = 0.0,
        smooth: float = 0.0,
    ) -> None:
        super().__init__(num_classes, class_weights)
        self.ce_weight = checked_option("ce_dice", "ce_weight", ce_weight, 0.0)
        self.dice_weight = checked_option("ce_dice", "dice_weight", dice_weight, 0.0)
        self.cross_entropy = CrossEntropy(num_classes, class_weights, label_smoothing=label_smoothing)
        self.dice = Dice(num_classes, smooth=smooth)

    def terms(self, logits: Tensor, target: Tensor) -> tuple[Term, ...]:
        """Two terms, cross entropy and Dice. Shapes as in ``Loss.terms``."""
        (cross_entropy,) = self.cross_entropy.terms(logits, target)
        (dice,) = self.dice.terms(logits, target)
        return (cross_entropy._replace(scale=self.ce_weight), dice._replace(scale=self.dice_weight))

    def weights(self, target: Tensor) -> tuple[Tensor, ...]:
        """The weight of the pixels and that of the present classes."""
        return (*self.cross_entropy.weights(target), *self.dice.weights(target))


CARD = LossCard(
    name="ce_dice",
    title="Cross entropy + Dice",
    summary="Every pixel counts, and so does every class; a safe choice for imbalanced classes.",
    paper="https://arxiv.org/abs/1904.08128",
    build=CrossEntropyDice,
)
