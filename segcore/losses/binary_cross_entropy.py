"""Binary cross entropy: an independent yes/no decision for every class ("one versus rest").

    L = Σ w[y] · (1/K) Σ_c −[ t_c · log q_c + (1 − t_c) · log(1 − q_c) ]  /  Σ w[y]        q = sigmoid(logits)

over the valid pixels, t_c = 1 for the true class and 0 for the others. The classes do not compete as they do in a
softmax, so adding a constant to all logits of a pixel changes this loss. K counts the background: "object or not" is
K = 2 with two sigmoids, not one; the prediction is the larger logit, as everywhere in this project.
"""

import torch.nn.functional as F
from torch import Tensor

from segcore.losses.base import Loss, LossCard, Pixels, one_hot


class BinaryCrossEntropy(Loss):
    """One sigmoid per class, the mean over valid pixels and classes.

    Args:
        class_weights: (K,) weight of a pixel by its true class, as in cross entropy.
    """

    def per_pixel(self, pixels: Pixels) -> Tensor:
        """(N, H, W): the mean of the binary cross entropies of the classes."""
        return F.binary_cross_entropy_with_logits(pixels.logits, one_hot(pixels), reduction="none").mean(dim=1)


CARD = LossCard(
    name="bce",
    title="Binary cross entropy",
    summary="An independent yes/no decision for each class.",
    build=BinaryCrossEntropy,
)
