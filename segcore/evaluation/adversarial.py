"""The fast gradient sign method: the perturbation that increases the loss most for its size.

    adversarial = clip(image + epsilon · sign(∂ loss / ∂ image))

Goodfellow, Shlens, Szegedy, "Explaining and Harnessing Adversarial Examples", ICLR 2015,
https://arxiv.org/abs/1412.6572. No channel of any pixel changes by more than epsilon. Stronger attacks take many steps:
a network that withstands this one may not be robust, but one that fails is not.
"""

import numpy as np
import torch
import torch.nn.functional as F

from segcore.checkpoint import Checkpoint
from segcore.data import resize_image, working_size
from segcore.data.transforms import resize_labels
from segcore.types import IGNORE, RGB, LabelMap

ATTACK_LEVELS = tuple(steps / 255 for steps in (1, 2, 4, 8, 16))
"""Epsilon at severity 1 … 5 for values of 0 … 1: whole grey levels, so that 8 bits store the result exactly."""

_LONGEST_SIDE = 768
"""In pixels. A gradient needs the memory of a training step, so larger photos are resized to this."""

_STRIDE = 32
_GREY = (0.299, 0.587, 0.114)


def fgsm(checkpoint: Checkpoint, image: RGB, labels: LabelMap, epsilon: float) -> tuple[RGB, LabelMap]:
    """Return a photo (H, W, 3), perturbed at the network's working size (h, w, 3), and its ``labels`` at that size.

    The labels (H, W) are ground truth in the checkpoint's ids, or IGNORE; without valid pixels the photo does not
    change. No value changes by more than ``epsilon``, 0 … 1.
    """
    card = checkpoint.card
    size = working_size(labels.shape, card.working_side)
    if max(size) > _LONGEST_SIDE:
        size = working_size(labels.shape, _LONGEST_SIDE)
    image, labels = resize_image(image, size), resize_labels(labels, size)
    device = next(checkpoint.model.parameters()).device
    x = torch.from_numpy(np.array(image)).to(device).permute(2, 0, 1)[None].float() / 255  # (1, 3, h, w) in 0 … 1
    x.requires_grad_()
    target = torch.from_numpy(labels.astype(np.int64))[None].to(device)
    if not (target != IGNORE).any():
        return image, labels
    mean, std = (torch.tensor(values, device=device)[:, None, None] for values in (card.mean, card.std))
    seen = x if card.in_channels == 3 else (x * torch.tensor(_GREY, device=device)[:, None, None]).sum(1, keepdim=True)
    seen = F.pad((seen - mean) / std, (0, -size[1] % _STRIDE, 0, -size[0] % _STRIDE), mode="replicate")
    with torch.enable_grad():
        logits = checkpoint.model(seen).logits[:, :, : size[0], : size[1]]
        loss = F.cross_entropy(logits.float(), target, ignore_index=IGNORE)
        (gradient,) = torch.autograd.grad(loss, x)
    attacked = (x.detach() + epsilon * gradient.sign()).clamp(0, 1)
    return (attacked[0].permute(1, 2, 0) * 255).round().byte().cpu().numpy(), labels
