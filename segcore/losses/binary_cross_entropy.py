"""Binary cross entropy: an independent yes/no decision for every class ("one versus rest").

    L = Σ w[y] · (1/K) Σ_c −[ t_c · log q_c + (1 − t_c) · log(1 − q_c) ]  /  Σ w[y]        q = sigmoid(logits)

over the valid pixels, t_c = 1 for the true class and 0 for the others. The classes do not compete as they do in a
softmax, so adding a constant to all logits of a pixel changes this loss. K counts the background: "object or not" is
K = 2 with two sigmoids, not one; the prediction is the larger logit, as everywhere in this project.
"""

import torch.nn.functional as F
from torch import Tensor

from segcore.losses.base import Loss, LossCard, Term, one_hot, pixel_term, pixel_weights, prepare


class BinaryCrossEntropy(Loss):
    """One sigmoid per class, the mean over valid pixels and classes.

    Args:
        num_classes: K, background included.
        class_weights: (K,) weight of a pixel by its true class, as in cross entropy.
    """

    def terms(self, logits: Tensor, target: Tensor) -> tuple[Term, ...]:
        """One term; the unit is the pixel. Shapes as in ``Loss.terms``."""
        pixels = prepare(logits, target, self.num_classes)
        per_class = F.binary_cross_entropy_with_logits(pixels.logits, one_hot(pixels), reduction="none")
        return (pixel_term(per_class.mean(dim=1), pixel_weights(target, self.class_weights, per_class.dtype)),)


CARD = LossCard(
    name="bce",
    title="Binary cross entropy",
    summary="An independent yes/no decision for each class.",
    paper="",
    build=BinaryCrossEntropy,
)
