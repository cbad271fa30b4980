"""Images and labels of bytes → normalised tensors."""

import numpy as np
import torch
from pydantic import BaseModel, ConfigDict, Field, model_validator
from torch import Tensor
from torchvision import tv_tensors
from torchvision.transforms import v2

from segcore.types import LabelMap, Pixels


class Normalisation(BaseModel):
    """Mean and standard deviation per channel, of images in 0 … 1. The default is that of ImageNet.

    One number applies to all channels of an image; otherwise there is one per channel.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    mean: tuple[float, ...] = Field(default=(0.485, 0.456, 0.406), min_length=1, description="Mean of each channel")
    std: tuple[float, ...] = Field(
        default=(0.229, 0.224, 0.225), min_length=1, description="Standard deviation of each channel"
    )

    @model_validator(mode="after")
    def _consistent(self) -> "Normalisation":
        if len(self.mean) != len(self.std):
            raise ValueError(f"mean has {len(self.mean)} numbers and std {len(self.std)}; both need one a channel")
        if min(self.std) <= 0:
            raise ValueError(f"every std must be above 0, got {min(self.std)}")
        return self

    def fill(self, channels: int) -> tuple[int, ...]:
        """The mean colour as bytes, which normalises to zero."""
        mean = self.mean * channels if len(self.mean) == 1 else self.mean
        return tuple(round(255 * value) for value in mean)


def to_tensors(image: Pixels, labels: LabelMap, normalisation: Normalisation) -> tuple[Tensor, Tensor]:
    """Image (h, w, C) and labels (h, w) uint8 → image (C, h, w) float32, normalised, and target (h, w) int64."""
    tensor = tv_tensors.Image(torch.from_numpy(np.ascontiguousarray(image.transpose(2, 0, 1))))
    target = tv_tensors.Mask(torch.from_numpy(np.ascontiguousarray(labels)))
    finish = v2.Compose(
        [
            v2.ToDtype({tv_tensors.Image: torch.float32, tv_tensors.Mask: torch.int64}, scale=True),
            v2.Normalize(list(normalisation.mean), list(normalisation.std), inplace=True),
        ]
    )
    tensor, target = finish(tensor, target)
    return tensor.as_subclass(Tensor), target.as_subclass(Tensor)
