"""Lovász-softmax: a continuous version of the IoU as a loss.

The loss 1 − IoU of a class is a function of the set of its wrong pixels. Its Lovász extension is defined for fractional
errors, is convex in them, and equals it wherever all errors are 0 or 1: sort the errors in descending order, let the
pixels become wrong in that order, and weight each error with what its pixel adds to 1 − IoU:

    m_i = |t_i − p_i|        L_c = Σ_i m_(i) · [ J(first i pixels wrong) − J(first i − 1 pixels wrong) ],   J = 1 − IoU

L is the mean over the classes that are present. For a given order the weights are constants; the gradient is defined
that way too, so the sorting needs no backward pass.

Paper    Berman, Rannen Triki, Blaschko: "The Lovász-Softmax loss: A tractable surrogate for the optimization of the
         intersection-over-union measure in neural networks", CVPR 2018, https://arxiv.org/abs/1705.08790
Differs  The steps of J are computed as fractions of counts, not as differences of two nearly equal J.
"""

import torch
from torch import Tensor

from segcore.losses.base import LossCard, Term, prepare
from segcore.losses.overlap import OverlapLoss, present_weights


class Lovasz(OverlapLoss):
    """Lovász-softmax over the pixels of the whole batch, the mean over the classes present in it.

    The unit is a class of the batch, as for Dice. The paper fine-tunes a network trained with cross entropy; from
    scratch it learns slowly. Sorting makes it about ten times as expensive as cross entropy.

    Args:
        class_weights: (K,) weight of each class in the mean.
    """

    def terms(self, logits: Tensor, target: Tensor) -> tuple[Term, ...]:
        """One term; its weight is the number of present classes. Shapes as in ``Loss.terms``."""
        pixels = prepare(logits, target, self.num_classes)
        valid, truth = pixels.valid.flatten(), pixels.target.flatten()
        probs = pixels.logits.softmax(dim=1).movedim(1, 0).flatten(1)  # (K, pixels)
        weights = present_weights(target, self.num_classes, self.class_weights, probs.dtype)
        total = (probs * 0).sum()  # 0, but part of the graph even if no pixel is valid
        # Reading which classes are present waits for the device, but saves a sort for every absent one.
        for c in weights.nonzero().flatten().tolist():
            of_class = (truth == c) & valid
            errors = (of_class.to(probs.dtype) - probs[c]).abs()
            total = total + weights[c] * (errors * steps_of_jaccard(errors.detach(), of_class, valid)).sum()
        return (Term(total, weights.sum()),)


def steps_of_jaccard(errors: Tensor, of_class: Tensor, valid: Tensor) -> Tensor:
    """What each pixel adds to 1 − IoU when pixels become wrong in the order of their errors.

    With G true pixels, after i pixels the intersection is I = G − (true ones among them) and the union is
    U = G + (others among them). A true pixel adds 1 / U; any other adds I / (U (U − 1)).

    Args:
        errors: (P,) without a graph.
        of_class: (P,) bool, pixels of the class; at least one.
        valid: (P,) bool; for other pixels the result is 0.

    Returns:
        (P,) >= 0 in the order of the pixels, with the sum 1.
    """
    order = errors.masked_fill(~valid, -1).argsort(descending=True)  # ignored pixels come last
    sorted_truth = of_class[order]
    true_pixels = sorted_truth.sum()
    intersection = true_pixels - sorted_truth.cumsum(0)
    union = true_pixels + (~sorted_truth).cumsum(0)
    of_truth = 1 / union.to(errors.dtype)
    # U² exceeds 2^24, the last exact integer of float32, at 4096 pixels: divide twice rather than by the product
    of_others = intersection.to(errors.dtype) / union.to(errors.dtype) / (union - 1).clamp(min=1).to(errors.dtype)
    steps = torch.where(sorted_truth, of_truth, of_others)
    return torch.zeros_like(errors).scatter_(0, order, steps) * valid


CARD = LossCard(
    name="lovasz",
    title="Lovász-softmax",
    summary="A continuous version of the IoU; useful in the last epochs of a training.",
    paper="https://arxiv.org/abs/1705.08790",
    build=Lovasz,
)
