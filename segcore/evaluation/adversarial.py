"""The fast gradient sign method: the perturbation that increases the loss most for its size.

    adversarial = clip(image + epsilon · sign(∂ loss / ∂ image))

Goodfellow, Shlens, Szegedy, "Explaining and Harnessing Adversarial Examples", ICLR 2015,
https://arxiv.org/abs/1412.6572. No channel of any pixel changes by more than epsilon. Stronger attacks take many steps:
a network that withstands this one may not be robust, but one that fails is not.
"""

import torch

from segcore.checkpoint import Checkpoint
from segcore.data import resize_image, working_size
from segcore.data.transforms import resize_labels
from segcore.explain.network import Network
from segcore.explain.robustness_curves import fgsm_step, gradient_signs
from segcore.types import RGB, LabelMap

ATTACK_LEVELS = tuple(steps / 255 for steps in (1, 2, 4, 8, 16))
"""Epsilon at severity 1 … 5 for values of 0 … 1: whole grey levels, so that 8 bits store the result exactly."""

_LONGEST_SIDE = 768
"""In pixels. A gradient needs the memory of a training step, so larger photos are resized to this."""


@torch.enable_grad()
def fgsm(checkpoint: Checkpoint, image: RGB, labels: LabelMap, epsilon: float) -> tuple[RGB, LabelMap]:
    """Return a photo (H, W, 3), perturbed at the network's working size (h, w, 3), and its ``labels`` at that size.

    The labels (H, W) are ground truth in the checkpoint's ids, or IGNORE; without valid pixels the photo does not
    change. No value changes by more than ``epsilon``, 0 … 1.
    """
    size = working_size(labels.shape, checkpoint.card.working_side)
    if max(size) > _LONGEST_SIDE:
        size = working_size(labels.shape, _LONGEST_SIDE)
    image, labels = resize_image(image, size), resize_labels(labels, size)
    (signs,) = gradient_signs(Network.of(checkpoint.model, checkpoint.card), [image], [labels])
    return fgsm_step(image, signs, epsilon), labels
