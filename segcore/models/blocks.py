"""Building blocks that several networks share: convolutions, upsampling, context, attention, auxiliary heads.

Shapes   N images, C channels, H x W positions
"""

from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torchvision.ops import deform_conv2d

from segcore.models.options import Norm


def make_norm(norm: Norm | Literal["none"], channels: int) -> nn.Module:
    """Return the normalisation layer for ``channels`` channels.

    GroupNorm (Wu, He: "Group Normalization", ECCV 2018, https://arxiv.org/abs/1803.08494) gets up to 32 groups of at
    least 8 channels each: normalising a single channel of a 1x1 map would always give 0.

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
    """Return the largest number of groups, up to 32, that divides ``channels`` into groups of 8 or more (or else 1)."""
    return max(groups for groups in range(1, 33) if channels % groups == 0 and (channels // groups >= 8 or groups == 1))


class WideConv2d(nn.Conv2d):
    """A padded convolution whose kernel may be wider than its input, such as 7x7 on the last map of a small crop.

    Works around a fault of PyTorch 2.15 with oneDNN: in bfloat16 on a CPU, weights that only ever see padding should
    get gradient 0, but get uninitialised memory where the map has fewer than k // 2 positions a side. Such small maps
    are computed in the dtype of the weights, float32.
    """

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, C, H, W) to (N, C', H', W')."""
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
    """Return convolution, normalisation and ReLU; with ``pad`` and an odd kernel the output has the input's size.

    The convolution has a bias only without normalisation, which would subtract it again.
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
    """Return a depthwise separable 3x3 convolution: one filter per channel, then a 1x1 convolution.

    It has 9 C + C D weights instead of 9 C D (C channels in, D out). Normalisation and ReLU follow both steps, as in
    DeepLabV3+ (section 3.2 of https://arxiv.org/abs/1802.02611).
    """
    depthwise = conv_block(in_channels, in_channels, 3, norm=norm, dilation=dilation, groups=in_channels)
    pointwise = conv_block(in_channels, out_channels, 1, norm=norm)
    return nn.Sequential(*depthwise, *pointwise)


def deformable_block(
    in_channels: int, out_channels: int, *, norm: Norm | Literal["none"] = "batch", dilation: int = 1, pad: bool = True
) -> nn.Sequential:
    """Return ``conv_block`` with a deformable 3x3 kernel, see ``DeformableConv``."""
    return nn.Sequential(
        DeformableConv(in_channels, out_channels, dilation=dilation, bias=norm == "none", pad=pad),
        make_norm(norm, out_channels),
        nn.ReLU(inplace=True),
    )


class DeformableConv(nn.Module):
    """A 3x3 convolution that predicts, at every position, an offset and a weight for each of its nine taps.

    Zhu, Hu, Lin, Dai: "Deformable ConvNets v2", CVPR 2019, https://arxiv.org/abs/1811.11168. A second convolution
    predicts the offsets (row, col), in pixels, and the weights, 0 … 1. It is initialised to zero, so training starts
    from an ordinary convolution whose taps all have weight 0.5.
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
        """Map (N, C, H, W) to (N, D, H, W); without ``pad`` 2 * ``dilation`` rows and columns are lost."""
        shift, weight = self.where(x).split([18, 9], dim=1)  # (N, 18, H, W), (N, 9, H, W)
        result: Tensor = deform_conv2d(  # in float32: torchvision has no bfloat16 version for the CPU
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
    """Average pooling over a ``bins`` x ``bins`` grid, a 1x1 convolution, and upsampling to the input's size.

    DeepLab (one bin) and PSPNet (1, 2, 3 and 6 bins) pool first, then apply 1x1 convolution, BatchNorm and ReLU. With
    one bin BatchNorm then has a single value per channel and image: a batch of one cannot train, and in a batch of two
    every value becomes +1 or -1. Here BatchNorm comes before the pooling. Pooling, a 1x1 convolution and BatchNorm with
    fixed statistics are all linear, so in evaluation the result equals the papers'; in training the statistics come
    from all N H W positions, and any batch size works.
    """

    def __init__(self, in_channels: int, out_channels: int, *, bins: int = 1, norm: Norm = "batch") -> None:
        super().__init__()
        self.bins = bins
        self.conv = nn.Conv2d(in_channels, out_channels, kernel_size=1, bias=False)
        self.norm = make_norm(norm, out_channels)

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, C, H, W) to (N, D, H, W), interpolated between the centres of the grid's cells."""
        cells = F.adaptive_avg_pool2d(self.norm(self.conv(x)), self.bins)  # (N, D, bins, bins)
        return resize(F.relu(cells), like=x)


class BilateralAttention(nn.Module):
    """Attention on a skip connection: each position becomes a weighted mean of its 3x3 neighbourhood.

    A bilateral filter (Tomasi, Manduchi, ICCV 1998) weights neighbours by distance and by similarity of value, and so
    smooths surfaces but keeps edges. Here the similarity is learned and the filter is guided (joint): queries come from
    the decoder, which knows what the objects are; keys come from the skip connection, which knows where they end. The
    weights are a softmax over the nine neighbours of ``query · key + nearness``. The skip connection has ``channels``
    (C) channels, the decoder features ``guide`` (B).
    """

    def __init__(self, channels: int, *, guide: int) -> None:
        super().__init__()
        dim = max(4, channels // 8)  # in which similarity is measured
        self.query = nn.Conv2d(guide, dim, kernel_size=1)
        self.key = nn.Conv2d(channels, dim, kernel_size=1, bias=False)  # the softmax would cancel a bias
        squared_distance = torch.tensor([2.0, 1.0, 2.0, 1.0, 0.0, 1.0, 2.0, 1.0, 2.0])  # of each neighbour, in pixels
        self.nearness = nn.Parameter(-squared_distance)  # after the softmax: a Gaussian

    def forward(self, skip: Tensor, guide: Tensor) -> Tensor:
        """Map a skip connection (N, C, H, W) and its guide (N, B, H, W) to filtered features (N, C, H, W)."""
        query, key = self.query(guide), self.key(skip)  # (N, dim, H, W)
        similarity = torch.stack([(query * neighbour).sum(dim=1) for neighbour in _neighbours(key)], dim=1)
        score = similarity / query.shape[1] ** 0.5 + self.nearness[:, None, None]  # (N, 9, H, W)
        weight = score.softmax(dim=1)
        filtered = torch.zeros_like(skip)
        for i, neighbour in enumerate(_neighbours(skip)):
            filtered = filtered + weight[:, i : i + 1] * neighbour
        return filtered


def _neighbours(x: Tensor) -> list[Tensor]:
    """Return nine views of (N, C, H, W), shifted to each position of a 3x3 window, row by row."""
    height, width = x.shape[-2:]
    x = F.pad(x, (1, 1, 1, 1), mode="replicate")
    return [x[..., row : row + height, col : col + width] for row in range(3) for col in range(3)]


class AuxHead(nn.Sequential):
    """An auxiliary classifier on intermediate encoder features (deep supervision); used in training only.

    Zhao et al.: "Pyramid Scene Parsing Network", section 3.3, https://arxiv.org/abs/1612.01105.
    """

    def __init__(self, in_channels: int, num_classes: int, *, norm: Norm = "batch") -> None:
        width = max(in_channels // 4, 1)
        super().__init__(
            *conv_block(in_channels, width, norm=norm), nn.Dropout(0.1), nn.Conv2d(width, num_classes, kernel_size=1)
        )


def aux_logits(head: AuxHead | None, features: Tensor, *, like: Tensor) -> Tensor | None:
    """Return the auxiliary logits (N, K, H, W) at the size of ``like``; None without a head and in evaluation."""
    if head is None or not head.training:
        return None
    return resize(head(features), like=like)


def resize(x: Tensor, *, like: Tensor) -> Tensor:
    """Resize (N, C, h, w) bilinearly to the height and width of ``like``.

    ``align_corners=False``: pixels are areas, as in image resizing.
    """
    size = like.shape[-2:]
    if x.shape[-2:] == size:
        return x
    return F.interpolate(x, size=size, mode="bilinear", align_corners=False)


def upsample_small(image: Tensor, min_side: int) -> Tensor:
    """Upsample (N, C, H, W) so that H and W are at least ``min_side``; larger images pass unchanged.

    A network that halves the resolution five times has nothing left of a thumbnail.
    """
    height, width = image.shape[-2:]
    if height >= min_side and width >= min_side:
        return image
    size = (max(height, min_side), max(width, min_side))
    return F.interpolate(image, size=size, mode="bilinear", align_corners=False)


def dropout_layer(p: float) -> nn.Module:
    """Return dropout of whole channels: neighbouring positions are too correlated to drop single values.

    Tompson et al.: "Efficient Object Localization Using Convolutional Networks", https://arxiv.org/abs/1411.4280.
    """
    return nn.Dropout2d(p) if p > 0 else nn.Identity()


def init_like_he(module: nn.Module) -> None:
    """Initialise all convolutions so that the variance of activations stays constant through ReLU layers.

    He et al.: "Delving Deep into Rectifiers", ICCV 2015, https://arxiv.org/abs/1502.01852. PyTorch's default makes
    activations shrink from layer to layer; without normalisation a network of twenty layers then hardly learns.
    """
    for layer in module.modules():
        if isinstance(layer, nn.Conv2d):
            nn.init.kaiming_normal_(layer.weight, mode="fan_in", nonlinearity="relu")
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)


def concat(*maps: Tensor) -> Tensor:
    """Concatenate feature maps of one size along the channels."""
    return torch.cat(maps, dim=1)
