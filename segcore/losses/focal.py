"""Focal loss: pixels that are right already count less, so that training looks at the hard ones.

    softmax   L = Σ w[y] · (1 − p_y)^γ · −log p_y  /  Σ w[y]                                 p = softmax(logits)
    sigmoid   L = Σ w[y] · (1/K) Σ_c α_c · (1 − q_c)^γ · −log q_c  /  Σ w[y]                 over the valid pixels

In the second q_c is the sigmoid's probability of the right answer ("yes" for the true class, "no" for the others), and
α_c is α for the true class and 1 − α for the others. The paper has the second; for labels that exclude each other the
first is the natural one. They are different losses and libraries call both "focal", so here their names say which.
The softmax one does not change when a constant is added to all logits of a pixel; the sigmoid one does. With γ = 0 the
first is cross entropy and the second, with α off, is binary cross entropy.

Paper    Lin, Goyal, Girshick, He, Dollár: "Focal Loss for Dense Object Detection", ICCV 2017,
         https://arxiv.org/abs/1708.02002, equations 4 and 5
Differs  The paper divides by the number of boxes assigned to an object; here it is the mean over pixels.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from segcore.losses.base import Loss, Term, checked_option, enter, one_hot, pixel_term, pixel_weights

_SMALLEST = 1e-8
"""Floor of 1 − p below γ's power: with γ < 1 the slope of x^γ at 0 is infinite."""


class FocalSoftmax(Loss):
    """Focal loss over classes that exclude each other, the mean over valid pixels.

    Args:
        num_classes: K, background included.
        class_weights: (K,) weight of a pixel by its true class: the paper's α for many classes.
        gamma: γ >= 0, how much easy pixels are faded out; 2 in the paper, 0 is cross entropy.

    Raises:
        BadConfig: gamma is no number >= 0.
    """

    def __init__(self, num_classes: int, class_weights: Tensor | None = None, *, gamma: float = 2.0) -> None:
        super().__init__(num_classes, class_weights)
        self.gamma = checked_option("focal_softmax", "gamma", gamma, 0.0)

    def terms(self, logits: Tensor, target: Tensor) -> tuple[Term, ...]:
        """One term; the unit is the pixel. Shapes as in ``Loss.terms``."""
        pixels = enter(logits, target, self.num_classes)
        surprise = F.cross_entropy(pixels.logits, pixels.target, reduction="none")  # (N, H, W) −log p
        # 1 − p = −(e^(log p) − 1); expm1 keeps its digits where p is nearly 1
        per_pixel = (-torch.expm1(-surprise)).clamp(min=_SMALLEST) ** self.gamma * surprise
        return (pixel_term(per_pixel, pixel_weights(pixels, self.class_weights)),)


class FocalSigmoid(Loss):
    """Focal loss with a yes/no question per class, the mean over valid pixels and classes.

    Args:
        num_classes: K, background included.
        class_weights: (K,) weight of a pixel by its true class.
        gamma: γ >= 0, how much easy answers are faded out; 2 in the paper.
        alpha: α in 0 … 1, the weight of the true class against the K − 1 others; 0.25 in the paper. None: all weigh 1.

    Raises:
        BadConfig: gamma or alpha is out of range.
    """

    def __init__(
        self,
        num_classes: int,
        class_weights: Tensor | None = None,
        *,
        gamma: float = 2.0,
        alpha: float | None = 0.25,
    ) -> None:
        super().__init__(num_classes, class_weights)
        self.gamma = checked_option("focal_sigmoid", "gamma", gamma, 0.0)
        self.alpha = None if alpha is None else checked_option("focal_sigmoid", "alpha", alpha, 0.0, 1.0)

    def terms(self, logits: Tensor, target: Tensor) -> tuple[Term, ...]:
        """One term; the unit is the pixel. Shapes as in ``Loss.terms``."""
        pixels = enter(logits, target, self.num_classes)
        truth = one_hot(pixels)  # (N, K, H, W)
        surprise = F.binary_cross_entropy_with_logits(pixels.logits, truth, reduction="none")
        per_class = (-torch.expm1(-surprise)).clamp(min=_SMALLEST) ** self.gamma * surprise
        if self.alpha is not None:
            per_class = per_class * (self.alpha * truth + (1 - self.alpha) * (1 - truth))
        return (pixel_term(per_class.mean(dim=1), pixel_weights(pixels, self.class_weights)),)
