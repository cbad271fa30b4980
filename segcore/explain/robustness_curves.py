"""IoU of each class as images are corrupted more, and a step of the fast gradient sign method.

FGSM (Goodfellow, Shlens, Szegedy, ICLR 2015, https://arxiv.org/abs/1412.6572): x' = clip(x + ε · sign(∂L / ∂x)). The
gradient is taken once, at the clean image, so all values of ε cost one backward pass.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray

from segcore.explain.network import Network, as_pixels
from segcore.metrics import confusion, scores
from segcore.types import IGNORE, RGB, LabelMap

LabelledImage = tuple[RGB, LabelMap]
"""An image and the labels that go with it, of one size."""


@dataclass(frozen=True, eq=False)
class RobustnessCurve:
    """Predictions and scores at each severity."""

    labels: list[list[LabelMap]]  # [severity][image]: predictions, (h, w)
    iou: NDArray[np.float64]  # (S, K), NaN for a class in neither ground truth nor prediction
    # (S,): mean over the classes in the ground truth, as in ``segcore.evaluation.corruption_robustness``
    miou: NDArray[np.float64]


def robustness_curve(network: Network, corrupted: Sequence[Sequence[LabelledImage]]) -> RobustnessCurve:
    """Predict corrupted images, [severity][image], all of one size, and compare with their labels."""
    flat = iter(network.labels([image for pairs in corrupted for image, _ in pairs]))
    labels: list[list[LabelMap]] = []
    iou, miou = [], []
    for pairs in corrupted:
        labels.append(list(islice(flat, len(pairs))))
        ground_truth = np.stack([true for _, true in pairs])
        result = scores(confusion(np.stack(labels[-1]), ground_truth, len(network.classes)), network.classes)
        iou.append(result.iou)
        miou.append(result.miou_of_present)
    return RobustnessCurve(labels, np.array(iou), np.array(miou))


def gradient_signs(network: Network, images: Sequence[RGB], labels: Sequence[LabelMap]) -> list[NDArray[np.int8]]:
    """Sign of the gradient of the cross-entropy at each image, (h, w, 3), -1, 0 or 1.

    All are 0 if every pixel is ignored.
    """
    device = next(network.model.parameters()).device
    target = torch.from_numpy(np.stack(labels).astype(np.int64)).to(device)  # (N, h, w)
    if not (target != IGNORE).any():
        return [np.zeros((*ground_truth.shape, 3), np.int8) for ground_truth in labels]
    pixels = as_pixels(images).to(device).requires_grad_()
    loss = F.cross_entropy(network.logits(pixels), target, ignore_index=IGNORE, reduction="sum")
    (gradient,) = torch.autograd.grad(loss, pixels)
    return list(gradient.sign().permute(0, 2, 3, 1).to(torch.int8).cpu().numpy())


def fgsm_step(image: RGB, signs: NDArray[np.int8], epsilon: float) -> RGB:
    """The image after one FGSM step; ε is the change of each value, in 0 … 1."""
    moved = image.astype(np.float32) + np.float32(255 * epsilon) * signs
    return np.clip(np.rint(moved), 0, 255).astype(np.uint8)
