"""Focal loss: well-classified pixels get less weight, so that training concentrates on the hard ones.

    softmax   L = Σ w[y] · (1 − p_y)^γ · −log p_y  /  Σ w[y]                                 p = softmax(logits)
    sigmoid   L = Σ w[y] · (1/K) Σ_c α_c · (1 − q_c)^γ · −log q_c  /  Σ w[y]                 over the valid pixels

In the second, which is the paper's, q_c is the sigmoid's probability of the correct answer ("yes" for the true class,
"no" for the others), and α_c is α for the true class and 1 − α for the others. The first suits mutually exclusive
labels. With γ = 0 the first is cross entropy and the second, without α, binary cross entropy.

Paper    Lin, Goyal, Girshick, He, Dollár: "Focal Loss for Dense Object Detection", ICCV 2017,
         https://arxiv.org/abs/1708.02002, equations 4 and 5
Differs  The paper divides by the number of boxes assigned to an object; here it is the mean over pixels.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from segcore.losses.base import Loss, LossCard, Pixels, checked_option, one_hot

_SMALLEST = 1e-8
"""Lower bound of 1 − p under the power γ: with γ < 1 the slope of x^γ at 0 is infinite."""


def _focal(cross_entropy: Tensor, gamma: float) -> Tensor:
    """(1 − p)^γ · −log p from −log p; expm1 keeps the digits of 1 − p where p is close to 1."""
    return (-torch.expm1(-cross_entropy)).clamp(min=_SMALLEST) ** gamma * cross_entropy


class FocalSoftmax(Loss):
    """Focal loss over mutually exclusive classes, the mean over valid pixels.

    Args:
        class_weights: (K,) weight of a pixel by its true class: the paper's α for several classes.
        gamma: γ >= 0, how strongly easy pixels are down-weighted; 2 in the paper, 0 is cross entropy.
    """

    def __init__(self, num_classes: int, class_weights: Tensor | None = None, *, gamma: float = 2.0) -> None:
        super().__init__(num_classes, class_weights)
        self.gamma = checked_option("focal_softmax", "gamma", gamma, 0.0)

    def per_pixel(self, pixels: Pixels) -> Tensor:
        """(N, H, W): the focal loss of the true class."""
        return _focal(F.cross_entropy(pixels.logits, pixels.target, reduction="none"), self.gamma)


class FocalSigmoid(Loss):
    """Focal loss with one sigmoid per class, the mean over valid pixels and classes.

    Args:
        class_weights: (K,) weight of a pixel by its true class.
        gamma: γ >= 0, how strongly easy decisions are down-weighted; 2 in the paper.
        alpha: α in 0 … 1, the weight of the true class against the K − 1 others; 0.25 in the paper. None: all weigh 1.
    """

    def __init__(
        self, num_classes: int, class_weights: Tensor | None = None, *, gamma: float = 2.0, alpha: float | None = 0.25
    ) -> None:
        super().__init__(num_classes, class_weights)
        self.gamma = checked_option("focal_sigmoid", "gamma", gamma, 0.0)
        self.alpha = None if alpha is None else checked_option("focal_sigmoid", "alpha", alpha, 0.0, 1.0)

    def per_pixel(self, pixels: Pixels) -> Tensor:
        """(N, H, W): the mean of the focal losses of the classes."""
        truth = one_hot(pixels)  # (N, K, H, W)
        per_class = _focal(F.binary_cross_entropy_with_logits(pixels.logits, truth, reduction="none"), self.gamma)
        if self.alpha is not None:
            per_class = per_class * (self.alpha * truth + (1 - self.alpha) * (1 - truth))
        return per_class.mean(dim=1)


SOFTMAX_CARD = LossCard(
    name="focal_softmax",
    title="Focal (softmax)",
    summary="Cross entropy that down-weights pixels which are already classified well.",
    paper="https://arxiv.org/abs/1708.02002",
    build=FocalSoftmax,
)
SIGMOID_CARD = LossCard(
    name="focal_sigmoid",
    title="Focal (sigmoid, as in the paper)",
    summary="A yes/no decision for each class, with the easy ones down-weighted.",
    paper="https://arxiv.org/abs/1708.02002",
    build=FocalSigmoid,
)
