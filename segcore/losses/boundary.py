"""Boundary loss: a wrong pixel costs more the farther it is from the true boundary.

    L = cross entropy  +  λ · Σ_valid Σ_c φ_c · p_c  /  valid pixels                         p = softmax(logits)

φ_c is the signed distance in pixels to the true boundary of class c: positive outside, negative inside, 0 on the last
row of pixels inside. Probability far outside is penalised, probability deep inside is rewarded; overlap losses measure
how much is wrong, not how far away. A class that an image does not contain, or that fills it, has no boundary: φ = 0.

Paper    Kervadec, Bouchtiba, Desrosiers, Granger, Dolz, Ben Ayed: "Boundary loss for highly unbalanced segmentation",
         MIDL 2019, https://arxiv.org/abs/1812.07032
Differs  The regional loss that the paper combines it with is cross entropy instead of generalised Dice; λ is constant,
         where the paper shifts the balance from epoch to epoch; all classes of a softmax have a boundary, the
         background too. Ignored pixels are neither inside nor outside: they create no boundary and cost nothing.
"""

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from segcore.losses.base import Loss, LossCard, Term, checked_option, prepare
from segcore.losses.cross_entropy import CrossEntropy
from segcore.types import IGNORE


class Boundary(Loss):
    """Cross entropy and the boundary loss, both means over valid pixels.

    The distances are computed on the CPU, in about a millisecond per class and 256 x 256 image; on a GPU every step
    waits for them. The second term can be negative.

    Args:
        class_weights: (K,) weight of a pixel by its true class, for the cross entropy only.
        boundary_weight: λ >= 0. Distances are some tens of pixels, so small values have a large effect.
    """

    def __init__(self, num_classes: int, class_weights: Tensor | None = None, *, boundary_weight: float = 0.01) -> None:
        super().__init__(num_classes, class_weights)
        self.boundary_weight = checked_option("boundary", "boundary_weight", boundary_weight, 0.0)
        self.cross_entropy = CrossEntropy(num_classes, class_weights)

    def terms(self, logits: Tensor, target: Tensor) -> tuple[Term, ...]:
        """Two terms; the unit of both is the pixel. Shapes as in ``Loss.terms``."""
        pixels = prepare(logits, target, self.num_classes)
        total = (batch_distances(pixels.logits, target) * pixels.logits.softmax(dim=1)).sum()
        weight = pixels.valid.sum().to(total.dtype)
        return (*self.cross_entropy.terms(logits, target), Term(total, weight, self.boundary_weight))

    def weights(self, target: Tensor) -> tuple[Tensor, ...]:
        """The weight of the pixels, and the number of valid ones."""
        return (*self.cross_entropy.weights(target), (target != IGNORE).sum().float())


def batch_distances(logits: Tensor, target: Tensor) -> Tensor:
    """(N, K, H, W): φ of every class in every image, in the type and on the device of the logits."""
    distances = np.zeros(logits.shape, np.float32)
    for image, labels in enumerate(target.to(torch.uint8).cpu().numpy()):
        for c in np.unique(labels[labels != IGNORE]):
            distances[image, c] = signed_distance(labels, int(c))
    return torch.from_numpy(distances).to(logits)


def signed_distance(labels: NDArray[np.uint8], class_id: int) -> NDArray[np.float32]:
    """φ of one class: distance to its boundary in pixels.

    Args:
        labels: (H, W) uint8, IGNORE allowed.
        class_id: occurs in ``labels``.

    Returns:
        (H, W) float32. Outside: distance to the nearest pixel of the class. Inside: minus (distance to the nearest
        valid pixel of another class, minus 1). 0 at ignored pixels, and everywhere if there is no other class.
    """
    inside = labels == class_id
    outside = ~inside & (labels != IGNORE)
    if not outside.any():
        return np.zeros(labels.shape, np.float32)
    # distanceTransform returns the distance of every non-zero pixel to the nearest zero
    to_class = cv2.distanceTransform((~inside).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    to_others = cv2.distanceTransform((~outside).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    return np.where(outside, to_class, 0) - np.where(inside, to_others - 1, 0).astype(np.float32)


CARD = LossCard(
    name="boundary",
    title="Cross entropy + boundary",
    summary="A wrong pixel costs more the farther it is from the true boundary.",
    paper="https://arxiv.org/abs/1812.07032",
    build=Boundary,
)
