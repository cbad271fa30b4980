"""The overlap-tile strategy: enough mirrored context for a U-Net whose convolutions are not padded.

Paper    Ronneberger, Fischer, Brox: "U-Net", MICCAI 2015, Figure 2, https://arxiv.org/abs/1505.04597
Shapes   N images, C channels, H x W pixels
"""

import math

import torch
from torch import Tensor


def valid_sides(out: int, *, depth: int, dilation: int = 1) -> tuple[int, int]:
    """Return the sides, in pixels, of the input and output of an unpadded U-Net, for an output of at least ``out``.

    Two unpadded 3x3 convolutions cost 4 pixels per level (4 * ``dilation`` at the bottleneck), and a side must be even
    before each pooling. The side d of the bottleneck therefore determines both: each decoder level maps
    side -> 2 side - 4; each encoder level, read backwards, side -> 2 side + 4. In the paper d is 28: 572 in, 388 out.
    """
    scale = 2**depth
    lost = 4 * (scale - 1)
    bottleneck = math.ceil((out + lost) / scale)
    return scale * (bottleneck + 4 * dilation) + lost, scale * bottleneck - lost


def mirror_for_valid(image: Tensor, *, depth: int, dilation: int = 1) -> Tensor:
    """Pad (N, C, H, W) with its mirror image by the context that an unpadded U-Net consumes.

    The network's output then has at least H x W pixels, and its pixel (0, 0) is the image's. Zero padding, in contrast,
    would look like a dark object at the border.
    """
    for axis in (-2, -1):
        side = image.shape[axis]
        side_in, side_out = valid_sides(side, depth=depth, dilation=dilation)
        before = (side_in - side_out) // 2
        position = torch.arange(-before, side_in - before, device=image.device)
        period = max(1, 2 * (side - 1))  # 0 1 2 3 2 1 | 0 1 2 …: mirrored as often as needed; a single pixel repeats
        position = position.remainder(period)
        image = image.index_select(axis, torch.minimum(position, period - position) if side > 1 else position * 0)
    return image


def centre_crop(x: Tensor, *, like: Tensor) -> Tensor:
    """Crop (N, C, H, W) around its centre to the height and width of ``like``."""
    (height, width), (h, w) = x.shape[-2:], like.shape[-2:]
    top, left = (height - h) // 2, (width - w) // 2
    return x[..., top : top + h, left : left + w]
