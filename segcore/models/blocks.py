"""The few pieces that several networks share: convolution blocks, resizing, context from pooling.

Shapes   N images, C channels, H x W positions
"""

from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torchvision.ops import deform_conv2d

from segcore.models.options import Norm


def make_norm(norm: Norm | Literal["none"], channels: int) -> nn.Module:
    """Return the normalisation layer that follows a convolution with ``channels`` outputs.

    GroupNorm (Wu, He: "Group Normalization", ECCV 2018, https://arxiv.org/abs/1803.08494) gets up to 32 groups, but at
    least 8 channels in each: a group of a single channel would subtract from a 1x1 map everything there is.

    Raises:
        ValueError: ``norm`` is none of "batch", "group", "none".
    """
    if norm == "batch":
        return nn.BatchNorm2d(channels)
    if norm == "group":
        return nn.GroupNorm(group_count(channels), channels)
    if norm == "none":
        return nn.Identity()
    raise ValueError(f"norm is {norm!r}; expected 'batch', 'group' or 'none'")


def group_count(channels: int) -> int:
    """The most groups, up to 32, that divide ``channels`` and leave at least 8 channels in each (or else one group)."""
    return max(groups for groups in range(1, 33) if channels % groups == 0 and (channels // groups >= 8 or groups == 1))


class WideConv2d(nn.Conv2d):
    """A padded convolution whose kernel may be wider than its map, as a 7x7 one on the last map of a small crop.

    Weights that meet nothing but padding have gradient 0. In bfloat16 on a CPU it is not written at all where the map
    has fewer than k // 2 positions a side (PyTorch 2.15 with oneDNN): whatever lay in memory becomes their gradient.
    Such tiny maps are computed as the weights are kept, in float32.
    """

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) → (N, C', H', W')."""
        if x.device.type == "cpu" and min(x.shape[-2:]) < self.kernel_size[0] // 2:
            with torch.autocast("cpu", enabled=False):
                return super().forward(x.to(self.weight.dtype))
        return super().forward(x)


def conv_block(
    in_channels: int,
    out_channels: int,
    kernel_size: int = 3,
    *,
    norm: Norm | Literal["none"] = "batch",
    dilation: int = 1,
    groups: int = 1,
    pad: bool = True,
) -> nn.Sequential:
    """Convolution, normalisation, ReLU; with ``pad`` the result has the size of the input (odd kernels).

    The convolution has a bias only where no normalisation follows, which would subtract it again.
    """
    return nn.Sequential(
        (WideConv2d if kernel_size > 3 else nn.Conv2d)(
            in_channels,
            out_channels,
            kernel_size,
            padding=dilation * (kernel_size // 2) if pad else 0,
            dilation=dilation,
            groups=groups,
            bias=norm == "none",
        ),
        make_norm(norm, out_channels),
        nn.ReLU(inplace=True),
    )


def separable_block(in_channels: int, out_channels: int, *, norm: Norm = "batch", dilation: int = 1) -> nn.Sequential:
    """A 3x3 convolution in two cheap steps: every channel by itself, then a 1x1 mix of the channels.

    It needs 9 C + C D weights instead of 9 C D (C channels in, D out). Both steps are followed by normalisation and
    ReLU, as in DeepLabV3+ (section 3.2 of https://arxiv.org/abs/1802.02611).
    """
    depthwise = conv_block(in_channels, in_channels, 3, norm=norm, dilation=dilation, groups=in_channels)
    pointwise = conv_block(in_channels, out_channels, 1, norm=norm)
    return nn.Sequential(*depthwise, *pointwise)


def deformable_block(
    in_channels: int,
    out_channels: int,
    *,
    norm: Norm | Literal["none"] = "batch",
    dilation: int = 1,
    pad: bool = True,
) -> nn.Sequential:
    """Like ``conv_block`` with a 3x3 kernel, but the nine taps may move: see ``DeformableConv``."""
    return nn.Sequential(
        DeformableConv(in_channels, out_channels, dilation=dilation, bias=norm == "none", pad=pad),
        make_norm(norm, out_channels),
        nn.ReLU(inplace=True),
    )


class DeformableConv(nn.Module):
    """A 3x3 convolution that decides at every position where its nine taps look and how much each counts.

    Zhu, Hu, Lin, Dai: "Deformable ConvNets v2", CVPR 2019, https://arxiv.org/abs/1811.11168. A second convolution
    predicts for each tap a shift (row, col) in pixels and a weight between 0 and 1. It starts at zero, so that training
    begins with an ordinary convolution whose taps all weigh one half.
    """

    def __init__(
        self, in_channels: int, out_channels: int, *, dilation: int = 1, bias: bool = True, pad: bool = True
    ) -> None:
        super().__init__()
        self.dilation = dilation
        self.padding = dilation if pad else 0
        self.conv = nn.Conv2d(in_channels, out_channels, 3, padding=self.padding, dilation=dilation, bias=bias)
        self.where = nn.Conv2d(in_channels, 27, 3, padding=self.padding, dilation=dilation)  # 9 x (row, col, weight)
        for parameter in self.where.parameters():
            nn.init.zeros_(parameter)

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, C, H, W) to (N, D, H, W); without ``pad`` two times ``dilation`` rows and columns are lost."""
        shift, weight = self.where(x).split([18, 9], dim=1)  # (N, 18, H, W), (N, 9, H, W)
        result = deform_conv2d(  # in float32: torchvision has no bfloat16 version for the CPU
            x.float(),
            shift.float(),
            self.conv.weight.float(),
            None if self.conv.bias is None else self.conv.bias.float(),
            padding=(self.padding, self.padding),
            dilation=(self.dilation, self.dilation),
            mask=weight.float().sigmoid(),
        )
        return result.to(x.dtype)


class PooledContext(nn.Module):
    """What is in the image at large: the mean over each cell of a ``bins`` x ``bins`` grid, told to every position.

    DeepLab (one bin) and PSPNet (1, 2, 3 and 6 bins) pool first, then apply 1x1 convolution, BatchNorm and ReLU. With
    one bin BatchNorm then sees a single value a channel and image: a batch of one cannot train (no variance), and of
    a batch of two every value becomes +1 or -1. Here the mean is taken after BatchNorm instead. A mean, a
    1x1 convolution and BatchNorm with fixed statistics are all linear, so in evaluation the result is exactly
    the papers'; in training the statistics come from all N H W positions and any batch will do.
    """

    def __init__(self, in_channels: int, out_channels: int, *, bins: int = 1, norm: Norm = "batch") -> None:
        super().__init__()
        self.bins = bins
        self.conv = nn.Conv2d(in_channels, out_channels, kernel_size=1, bias=False)
        self.norm = make_norm(norm, out_channels)

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, C, H, W) to (N, D, H, W), constant within the cells but for the smooth way from one to the next."""
        cells = F.adaptive_avg_pool2d(self.norm(self.conv(x)), self.bins)  # (N, D, bins, bins)
        return resize(F.relu(cells), like=x)


class AuxHead(nn.Sequential):
    """A small classifier on features from the middle of an encoder; its loss shortens the way of the gradient.

    Zhao et al.: "Pyramid Scene Parsing Network", section 3.3, https://arxiv.org/abs/1612.01105. Used in training only.
    """

    def __init__(self, in_channels: int, num_classes: int, *, norm: Norm = "batch") -> None:
        width = max(in_channels // 4, 1)
        super().__init__(
            *conv_block(in_channels, width, norm=norm), nn.Dropout(0.1), nn.Conv2d(width, num_classes, kernel_size=1)
        )


def resize(x: Tensor, *, like: Tensor) -> Tensor:
    """Bring (N, C, h, w) to the height and width of ``like`` by bilinear interpolation; nothing to do if they agree.

    ``align_corners=False``: pixels are areas, so the result does not depend on which of them are centres of both grids.
    """
    size = like.shape[-2:]
    if x.shape[-2:] == size:
        return x
    return F.interpolate(x, size=size, mode="bilinear", align_corners=False)


def enlarge(x: Tensor, least: int) -> Tensor:
    """Enlarge (N, C, H, W) so that H and W are at least ``least`` pixels; larger images pass unchanged.

    Networks that halve an image five times have no map left of a thumbnail; they look at it enlarged.
    """
    height, width = x.shape[-2:]
    if height >= least and width >= least:
        return x
    size = (max(height, least), max(width, least))
    return F.interpolate(x, size=size, mode="bilinear", align_corners=False)


def dropout_layer(share: float) -> nn.Module:
    """Drop whole channels: neighbouring positions of a map are so alike that single values would give each other away.

    Tompson et al.: "Efficient Object Localization Using Convolutional Networks", https://arxiv.org/abs/1411.4280.
    """
    return nn.Dropout2d(share) if share > 0 else nn.Identity()


def init_like_he(module: nn.Module) -> None:
    """Draw all convolutions so that ReLU layers neither amplify nor fade what passes through them.

    He et al.: "Delving Deep into Rectifiers", ICCV 2015, https://arxiv.org/abs/1502.01852. PyTorch's own choice is made
    for other activations and fades; without normalisation a network of twenty layers then hardly learns.
    """
    for layer in module.modules():
        if isinstance(layer, nn.Conv2d):
            nn.init.kaiming_normal_(layer.weight, mode="fan_in", nonlinearity="relu")
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)


def concat(*maps: Tensor) -> Tensor:
    """Lay maps of one size behind each other along the channels."""
    return torch.cat(maps, dim=1)
