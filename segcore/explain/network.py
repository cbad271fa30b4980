"""A network for lessons: N images of h x w pixels at once, C channels, K classes, and gradients at their pixels."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from segcore.checkpoint import CheckpointCard
from segcore.data import Normalisation
from segcore.types import RGB, LabelMap

STRIDE = 32
"""Images are padded to a multiple of this, the largest stride of the networks."""

_GREY = (0.299, 0.587, 0.114)
"""Weights of red, green and blue in the luma of ITU-R BT.601, for networks with one input channel."""


@dataclass(frozen=True, eq=False)
class Network:
    """A model and its preprocessing."""

    model: nn.Module  # a private copy, in evaluation mode, its parameters without gradients
    normalisation: Normalisation  # of the checkpoint
    classes: tuple[str, ...]  # K names
    in_channels: int = 3  # 3, or 1 for greyscale

    @classmethod
    def of(cls, model: nn.Module, card: CheckpointCard) -> Self:
        """A private copy of a checkpoint's model with the preprocessing on its card."""
        return cls(model, Normalisation(mean=card.mean, std=card.std), card.classes, card.in_channels)

    def logits(self, pixels: Tensor) -> Tensor:
        """Map images (N, 3, h, w), values 0 … 1, to logits (N, K, h, w), differentiably."""
        inputs = pixels
        if self.in_channels == 1:
            inputs = (pixels * pixels.new_tensor(_GREY)[:, None, None]).sum(dim=1, keepdim=True)  # (N, 1, h, w)
        height, width = pixels.shape[-2:]
        margins = (0, -width % STRIDE, 0, -height % STRIDE)
        padded = F.pad(normalised(inputs, self.normalisation), margins, mode="replicate")
        logits: Tensor = self.model(padded).logits.float()
        return logits[..., :height, :width]

    def labels(self, images: Sequence[RGB]) -> list[LabelMap]:
        """The most probable class of each pixel, for images of one size."""
        with torch.no_grad():
            most = self.logits(as_pixels(images)).argmax(dim=1)  # (N, h, w)
        return list(most.byte().numpy())


def normalised(pixels: Tensor, normalisation: Normalisation) -> Tensor:
    """Images (N, C, h, w), values 0 … 1, as a network receives them."""
    mean, std = (pixels.new_tensor(values)[:, None, None] for values in (normalisation.mean, normalisation.std))
    return (pixels - mean) / std


def as_pixels(images: Sequence[RGB]) -> Tensor:
    """Images (h, w, 3) uint8 of one size as (N, 3, h, w) float32, 0 … 1."""
    return torch.from_numpy(np.stack(images)).permute(0, 3, 1, 2).float() / 255
