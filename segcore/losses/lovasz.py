"""Lovász-softmax: the IoU itself as a loss, made smooth.

The loss 1 − IoU of a class depends on the set of its wrong pixels; it is defined for sets only, "wrong" or "right".
Its Lovász extension is defined for errors in between, is convex in them, and equals it wherever all errors are 0 or 1:
sort the errors, largest first, let the pixels turn wrong in that order, and weigh each error with what its pixel adds
to 1 − IoU:

    m_i = |t_i − p_i|        L_c = Σ_i m_(i) · [ J(first i pixels wrong) − J(first i − 1 pixels wrong) ],   J = 1 − IoU

L is the mean over the classes that are present. Once the order is known the weights are constants; that is also how the
gradient is defined, so nothing of the sorting needs to be kept for the way back.

Paper    Berman, Rannen Triki, Blaschko: "The Lovász-Softmax loss: A tractable surrogate for the optimization of the
         intersection-over-union measure in neural networks", CVPR 2018, https://arxiv.org/abs/1705.08790
Differs  The steps of J are computed as fractions of counts, not as differences of two J that are nearly equal.
"""

import torch
from torch import Tensor

from segcore.losses.base import Loss, Term, enter


class Lovasz(Loss):
    """Lovász-softmax over the pixels of the whole batch, the mean over the classes present in it.

    The unit is the batch, as for Dice. The paper starts from a network trained with cross entropy; from scratch it
    learns slowly. Sorting makes it some ten times as costly as cross entropy.

    Args:
        num_classes: K, background included.
        class_weights: (K,) weight of each class in the mean.
    """

    def terms(self, logits: Tensor, target: Tensor) -> tuple[Term, ...]:
        """One term; its weight is the number of present classes. Shapes as in ``Loss.terms``."""
        pixels = enter(logits, target, self.num_classes)
        valid, truth = pixels.valid.flatten(), pixels.target.flatten()
        probs = pixels.logits.softmax(dim=1).movedim(1, 0).flatten(1)  # (K, pixels)
        weights = probs.new_ones(self.num_classes)
        if self.class_weights is not None:
            weights = self.class_weights.to(probs)
        # Reading the present classes waits for the device, but saves a sort for every absent one.
        present = torch.unique(truth[valid]).tolist()
        total = (probs * 0).sum()  # 0 with a graph, for a batch without a valid pixel
        for c in present:
            of_class = (truth == c) & valid
            errors = (of_class.to(probs.dtype) - probs[c]).abs()
            total = total + weights[c] * (errors * steps_of_jaccard(errors.detach(), of_class, valid)).sum()
        return (Term(total, weights[present].sum()),)


def steps_of_jaccard(errors: Tensor, truth: Tensor, valid: Tensor) -> Tensor:
    """What each pixel adds to 1 − IoU when pixels turn wrong in the order of their errors.

    With G true pixels, after i pixels the intersection is I = G − (true ones among them) and the union is
    U = G + (others among them). A true pixel adds 1 / U; any other adds I / (U (U − 1)).

    Args:
        errors: (P,) without a graph.
        truth: (P,) bool, pixels of the class; at least one.
        valid: (P,) bool.

    Returns:
        (P,) >= 0 in the order of the pixels, 0 where a pixel is not valid. Over the valid ones they sum to 1.
    """
    order = errors.masked_fill(~valid, -1).argsort(descending=True)  # ignored pixels come last
    sorted_truth = truth[order]
    true_pixels = sorted_truth.sum()
    intersection = true_pixels - sorted_truth.cumsum(0)
    union = true_pixels + (~sorted_truth).cumsum(0)
    of_truth = 1 / union.to(errors.dtype)
    # U² passes 2^24, the last whole number of float32, at 4096 pixels: divide twice rather than by the product
    of_others = intersection.to(errors.dtype) / union.to(errors.dtype) / (union - 1).clamp(min=1).to(errors.dtype)
    steps = torch.where(sorted_truth, of_truth, of_others)
    return torch.zeros_like(errors).scatter_(0, order, steps) * valid
