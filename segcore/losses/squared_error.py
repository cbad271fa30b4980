"""Squared error between probabilities and ground truth: the Brier score divided by K.

    L = Σ w[y] · (1/K) Σ_c (p_c − t_c)²  /  Σ w[y]          p = softmax(logits), t the one-hot target, valid pixels

It serves as a comparison with cross entropy: its gradient contains the factor p (1 − p), so a confidently wrong pixel
has almost no gradient, where that of cross entropy is largest. In return, wrong labels do little harm.

Source: G. W. Brier: "Verification of forecasts expressed in terms of probability", Monthly Weather Review 78, 1950.
"""

from torch import Tensor

from segcore.losses.base import Loss, LossCard, Term, one_hot, pixel_term, pixel_weights, prepare


class SquaredError(Loss):
    """Mean squared error of the softmax probabilities over valid pixels and classes; at most 2 / K.

    Args:
        num_classes: K, background included.
        class_weights: (K,) weight of a pixel by its true class.
    """

    def terms(self, logits: Tensor, target: Tensor) -> tuple[Term, ...]:
        """One term; the unit is the pixel. Shapes as in ``Loss.terms``."""
        pixels = prepare(logits, target, self.num_classes)
        squared = (pixels.logits.softmax(dim=1) - one_hot(pixels)) ** 2
        return (pixel_term(squared.mean(dim=1), pixel_weights(target, self.class_weights, squared.dtype)),)


CARD = LossCard(
    name="mse",
    title="Squared error",
    summary="The squared distance of the probabilities from the ground truth; for comparison with cross entropy.",
    paper="",
    build=SquaredError,
)
