"""How a mask suffers when the picture does: IoU of each class at every severity, and the step that hurts on purpose.

The attack is the fast gradient sign method (Goodfellow, Shlens, Szegedy, ICLR 2015,
https://arxiv.org/abs/1412.6572): x' = clip(x + ε · sign(∂L / ∂x)). The gradient is taken once, at the clean picture,
so all strengths ε cost one backward pass.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray

from segcore.explain.network import Network, as_pixels
from segcore.metrics import confusion, scores
from segcore.types import IGNORE, RGB, LabelMap

LabelledImage = tuple[RGB, LabelMap]
"""A picture and the labels that go with it, of one size."""


@dataclass(frozen=True, eq=False)
class RobustnessCurve:
    """What is left at each strength.

    Attributes:
        labels: [strength][picture]: what the network says, (h, w).
        iou: (S, K), NaN for a class in neither truth nor labels.
        miou: (S,): mean over the classes that truly occur, as in ``segcore.evaluation.robustness``.
    """

    labels: list[list[LabelMap]]
    iou: NDArray[np.float64]
    miou: NDArray[np.float64]


def robustness_curve(network: Network, spoilt: Sequence[Sequence[LabelledImage]]) -> RobustnessCurve:
    """Predict spoilt pictures and compare with the labels that go with them.

    Args:
        network: a private copy.
        spoilt: [strength][picture], all of one size.
    """
    flat = network.labels([image for pairs in spoilt for image, _ in pairs])
    labels, begin = [], 0
    for pairs in spoilt:
        labels.append(flat[begin : begin + len(pairs)])
        begin += len(pairs)
    k = len(network.classes)
    iou, miou = [], []
    for pairs, found in zip(spoilt, labels, strict=True):
        counts = np.zeros((k, k), np.int64)
        for (_, truth), mask in zip(pairs, found, strict=True):
            counts += confusion(mask, truth, k)
        result = scores(counts, network.classes)
        iou.append(result.iou)
        there = [value for value, pixels in zip(result.iou, result.support, strict=True) if pixels]
        miou.append(sum(there) / len(there) if there else math.nan)
    return RobustnessCurve(labels, np.array(iou), np.array(miou))


def gradient_signs(network: Network, images: Sequence[RGB], labels: Sequence[LabelMap]) -> list[NDArray[np.int8]]:
    """Which way each value of each picture has to move so that the cross-entropy rises: (h, w, 3), -1, 0 or 1.

    Where no pixel counts all are 0.
    """
    target = torch.from_numpy(np.stack(labels).astype(np.int64))  # (N, h, w)
    if not (target != IGNORE).any():
        return [np.zeros((*truth.shape, 3), np.int8) for truth in labels]
    pixels = as_pixels(images).requires_grad_()
    loss = F.cross_entropy(network.logits(pixels), target, ignore_index=IGNORE, reduction="sum")
    (gradient,) = torch.autograd.grad(loss, pixels)
    return list(gradient.sign().permute(0, 2, 3, 1).to(torch.int8).numpy())


def fgsm_step(image: RGB, signs: NDArray[np.int8], epsilon: float) -> RGB:
    """The picture one step further along the signs; ε is the change of each value, white is 1."""
    moved = image.astype(np.float32) + np.float32(255 * epsilon) * signs
    return np.clip(np.rint(moved), 0, 255).astype(np.uint8)
