"""Max pooling that remembers, and its way back: what SegNet and DeconvNet have in common.

Shapes   N images, C channels, H x W positions before pooling, h x w = H / 2 x W / 2 (rounded up) after
"""

from typing import NamedTuple

import torch.nn.functional as F
from torch import Tensor, nn


class Pooled(NamedTuple):
    """What max pooling leaves behind for its way back.

    Attributes:
        indices: (N, C, h, w) int64, where in the flattened H x W map each maximum was.
        size: (H, W).
    """

    indices: Tensor
    size: tuple[int, int]


def run_level(level: nn.Module, x: Tensor) -> tuple[Tensor, Pooled]:
    """Run one level of VGG-16, as ``build_encoder`` cut it, and keep the places of its maxima."""
    *convolutions, _ = level.children()  # the last layer is the pooling, done below
    for layer in convolutions:
        x = layer(x)  # (N, C, H, W)
    height, width = x.shape[-2:]
    x, indices = F.max_pool2d(x, 2, ceil_mode=True, return_indices=True)  # (N, C, h, w), twice
    return x, Pooled(indices, (height, width))


def unpool(x: Tensor, pooled: Pooled) -> Tensor:
    """Put each value of (N, C, h, w) back where max pooling found its maximum; (N, C, H, W), zeros elsewhere."""
    height, width = pooled.size
    flat = x.new_zeros(*x.shape[:2], height * width)
    flat = flat.scatter(2, pooled.indices.flatten(2), x.flatten(2))
    return flat.view(*x.shape[:2], height, width)


MAPS_BEFORE_POOLING = tuple(f"encoder.levels.{level}.{last_relu}" for level, last_relu in enumerate((5, 5, 8, 8, 8)))
"""Stages of VGG-16 worth looking at: module paths of the last ReLU of each level."""
