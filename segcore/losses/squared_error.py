"""Squared error between probabilities and ground truth: the Brier score divided by K.

    L = Σ w[y] · (1/K) Σ_c (p_c − t_c)²  /  Σ w[y]          p = softmax(logits), t the one-hot target, valid pixels

It serves as a comparison with cross entropy: its gradient contains the factor p (1 − p), so a confidently wrong pixel
has almost no gradient, where that of cross entropy is largest. In return, wrong labels do little harm.

Source: G. W. Brier: "Verification of forecasts expressed in terms of probability", Monthly Weather Review 78, 1950.
"""

from torch import Tensor

from segcore.losses.base import Loss, LossCard, Pixels, one_hot


class SquaredError(Loss):
    """Mean squared error of the softmax probabilities over valid pixels and classes; at most 2 / K.

    Args:
        class_weights: (K,) weight of a pixel by its true class.
    """

    def per_pixel(self, pixels: Pixels) -> Tensor:
        """(N, H, W): the mean of the squared errors of the classes."""
        return ((pixels.logits.softmax(dim=1) - one_hot(pixels)) ** 2).mean(dim=1)


CARD = LossCard(
    name="mse",
    title="Squared error",
    summary="The squared distance of the probabilities from the ground truth; for comparison with cross entropy.",
    build=SquaredError,
)
