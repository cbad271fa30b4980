"""Squared error between probabilities and the truth: the Brier score (Brier 1950), divided by K.

    L = Σ w[y] · (1/K) Σ_c (p_c − t_c)²  /  Σ w[y]          p = softmax(logits), t the one-hot truth, valid pixels

It is here to be compared with: its gradient is multiplied by p (1 − p), so a pixel that is wrong with great confidence
hardly teaches anything, where cross entropy pushes hardest. The other side of it: wrong labels do little harm.

Source: G. W. Brier: "Verification of forecasts expressed in terms of probability", Monthly Weather Review 78, 1950.
"""

from torch import Tensor

from segcore.losses.base import Loss, Term, enter, one_hot, pixel_term, pixel_weights


class SquaredError(Loss):
    """Mean squared error of the softmax probabilities, over valid pixels and classes; at most 2 / K.

    Args:
        num_classes: K, background included.
        class_weights: (K,) weight of a pixel by its true class.
    """

    def terms(self, logits: Tensor, target: Tensor) -> tuple[Term, ...]:
        """One term; the unit is the pixel. Shapes as in ``Loss.terms``."""
        pixels = enter(logits, target, self.num_classes)
        squared = (pixels.logits.softmax(dim=1) - one_hot(pixels)) ** 2
        return (pixel_term(squared.mean(dim=1), pixel_weights(pixels, self.class_weights)),)
