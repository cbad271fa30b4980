"""A network as the lessons use it: several pictures of one size at once, and gradients back to their pixels.

Whoever makes a `Network` gives it a private copy (``private_copy.py``) of the model: lessons put hooks into it.

Shapes   N pictures of h x w pixels, C channels of the network, K classes
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
"""Pictures are filled up to a multiple of this: the deepest map of every network here has one cell for 32 pixels."""

_GREY = (0.299, 0.587, 0.114)
"""Weights of red, green and blue in the brightness of ITU-R BT.601, for networks that see grey."""


@dataclass(frozen=True, eq=False)
class Network:
    """A model and how it is fed.

    Attributes:
        model: a private copy, in evaluation mode, its parameters without gradients.
        normalisation: of the checkpoint.
        classes: K names.
        in_channels: 3, or 1 for a network that sees grey.
    """

    model: nn.Module
    normalisation: Normalisation
    classes: tuple[str, ...]
    in_channels: int = 3

    def logits(self, pixels: Tensor) -> Tensor:
        """Map pictures (N, 3, h, w), values 0 … 1, to logits (N, K, h, w); gradients flow where they are asked for."""
        seen = pixels
        if self.in_channels == 1:
            seen = (pixels * torch.tensor(_GREY)[:, None, None]).sum(dim=1, keepdim=True)  # (N, 1, h, w)
        mean, std = (
            torch.tensor(values)[:, None, None] for values in (self.normalisation.mean, self.normalisation.std)
        )
        height, width = pixels.shape[-2:]
        filled = F.pad((seen - mean) / std, (0, -width % STRIDE, 0, -height % STRIDE), mode="replicate")
        logits: Tensor = self.model(filled).logits.float()
        return logits[..., :height, :width]

    def labels(self, images: Sequence[RGB]) -> list[LabelMap]:
        """The most probable class of each pixel of pictures of one size."""
        with torch.no_grad():
            most = self.logits(as_pixels(images)).argmax(dim=1)  # (N, h, w)
        return list(most.byte().numpy())


def as_pixels(images: Sequence[RGB]) -> Tensor:
    """Pictures (h, w, 3) uint8 of one size as (N, 3, h, w) float32, 0 … 1."""
    return torch.from_numpy(np.stack(images)).permute(0, 3, 1, 2).float() / 255
