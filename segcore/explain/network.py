"""A network for lessons: several images of one size at once, and gradients at their pixels.

The model must be a private copy (``private_copy.py``): lessons register hooks in it.

Shapes   N images of h x w pixels, C channels of the network, K classes
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from segcore.data import Normalisation
from segcore.types import RGB, LabelMap

STRIDE = 32
"""Images are padded to a multiple of this, the largest stride of the networks."""

_GREY = (0.299, 0.587, 0.114)
"""Weights of red, green and blue in the luma of ITU-R BT.601, for networks with one input channel."""


@dataclass(frozen=True, eq=False)
class Network:
    """A model and its preprocessing.

    Attributes:
        model: a private copy, in evaluation mode, its parameters without gradients.
        normalisation: of the checkpoint.
        classes: K names.
        in_channels: 3, or 1 for greyscale.
    """

    model: nn.Module
    normalisation: Normalisation
    classes: tuple[str, ...]
    in_channels: int = 3

    def logits(self, pixels: Tensor) -> Tensor:
        """Map images (N, 3, h, w), values 0 … 1, to logits (N, K, h, w), differentiably."""
        inputs = pixels
        if self.in_channels == 1:
            inputs = (pixels * torch.tensor(_GREY)[:, None, None]).sum(dim=1, keepdim=True)  # (N, 1, h, w)
        mean, std = (
            torch.tensor(values)[:, None, None] for values in (self.normalisation.mean, self.normalisation.std)
        )
        height, width = pixels.shape[-2:]
        padded = F.pad((inputs - mean) / std, (0, -width % STRIDE, 0, -height % STRIDE), mode="replicate")
        logits: Tensor = self.model(padded).logits.float()
        return logits[..., :height, :width]

    def labels(self, images: Sequence[RGB]) -> list[LabelMap]:
        """The most probable class of each pixel, for images of one size."""
        with torch.no_grad():
            most = self.logits(as_pixels(images)).argmax(dim=1)  # (N, h, w)
        return list(most.byte().numpy())


def as_pixels(images: Sequence[RGB]) -> Tensor:
    """Images (h, w, 3) uint8 of one size as (N, 3, h, w) float32, 0 … 1."""
    return torch.from_numpy(np.stack(images)).permute(0, 3, 1, 2).float() / 255
