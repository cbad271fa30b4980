"""Max pooling with indices, unpooling, and the mirrored VGG decoder: what SegNet and DeconvNet have in common.

Shapes   N images, C channels, H x W positions before pooling, h x w = H / 2 x W / 2 (rounded up) after
"""

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import NamedTuple

import torch.nn.functional as F
from torch import Tensor, nn


class Pooled(NamedTuple):
    """What unpooling needs to know of a max pooling."""

    indices: Tensor  # (N, C, h, w) int64, position of each maximum in the flattened H x W map
    size: tuple[int, int]  # (H, W)


def run_level(level: nn.Module, x: Tensor) -> tuple[Tensor, Pooled]:
    """Run one level of VGG-16 from ``build_encoder``; return its output and the indices of its maxima."""
    *convolutions, _ = level.children()  # the last layer is the pooling, repeated below with indices
    for layer in convolutions:
        x = layer(x)  # (N, C, H, W)
    height, width = x.shape[-2:]
    x, indices = F.max_pool2d(x, 2, ceil_mode=True, return_indices=True)  # (N, C, h, w), twice
    return x, Pooled(indices, (height, width))


def unpool(x: Tensor, pooled: Pooled) -> Tensor:
    """Return (N, C, H, W) with each value of (N, C, h, w) at the position of its maximum and zeros elsewhere."""
    height, width = pooled.size
    flat = x.new_zeros(*x.shape[:2], height * width)
    flat = flat.scatter(2, pooled.indices.flatten(2), x.flatten(2))
    return flat.view(*x.shape[:2], height, width)


def decoder(in_channels: int, widths: Sequence[Sequence[int]], block: Callable[[int, int], nn.Module]) -> nn.ModuleList:
    """Return decoder levels: for each level one ``block(in_channels, out_channels)`` per width."""
    levels = []
    for level_widths in widths:
        channels = [in_channels, *level_widths]
        levels.append(nn.Sequential(*(block(a, b) for a, b in pairwise(channels))))
        in_channels = channels[-1]
    return nn.ModuleList(levels)


MAPS_BEFORE_POOLING = tuple(f"encoder.levels.{level}.{last_relu}" for level, last_relu in enumerate((5, 5, 8, 8, 8)))
"""Module paths of the last ReLU of each level of VGG-16."""
