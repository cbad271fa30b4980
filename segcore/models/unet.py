"""U-Net: down to see more of the image, up to say where, with a bridge at every level.

Paper    Ronneberger, Fischer, Brox: "U-Net: Convolutional Networks for Biomedical Image
         Segmentation", MICCAI 2015, https://arxiv.org/abs/1505.04597
Differs  By default 3x3 convolutions are padded and followed by BatchNorm (neither is in the paper), and the way up
         is bilinear, not a transposed convolution. ``norm="none", up="transposed", padding="valid"`` is the paper's
         network; its input is then mirrored at the borders inside ``forward``, so that the logits still have
         the size of the image. Options that are not the paper's: a deepest level that dilates or whose taps
         move, attention on the bridges, and a pretrained encoder (then it is the network that practice
         calls a ResNet-U-Net).
Shapes   N images, C channels, H x W pixels, K classes, D width of the first level,
         L halvings (4: the deepest map is H / 16 x W / 16)
"""

import math
from typing import Annotated, Literal

import torch
import torch.nn.functional as F
from pydantic import Field
from torch import Tensor, nn

from segcore.errors import BadConfig
from segcore.models.base import ModelCard, SegOutput
from segcore.models.blocks import concat, conv_block, deformable_block, dropout_layer, enlarge, init_like_he, resize
from segcore.models.encoders import MIN_SIZE, EncoderName, build_encoder
from segcore.models.options import Count, Norm, Share

AnyNorm = Norm | Literal["none"]
Up = Literal["bilinear", "transposed"]
Attention = Literal["none", "bilateral"]
Padding = Literal["same", "valid"]


class UNet(nn.Module):
    """Each level down halves H and W and doubles the channels; each level up undoes it and is told the details.

    Args:
        num_classes: K, background included.
        in_channels: C of the images.
        width: D; 64 in the paper, 16 trains on a laptop.
        depth: L, how often the resolution is halved.
        norm: "batch", "group", or "none" as in the paper.
        dropout: share of the deepest map's channels that is dropped in training (the paper drops there, too).
        up: "bilinear" enlarges by interpolation, "transposed" learns how to.
        attention: "bilateral" cleans the bridges, see ``BilateralBridge``.
        padding: "valid" is the paper's, see ``mirror_for_valid``.
        dilation: of the deepest level's two convolutions.
        deformable: let the taps of the deepest level's two convolutions move.
    """

    def __init__(
        self,
        num_classes: int,
        *,
        in_channels: int = 3,
        width: int = 64,
        depth: int = 4,
        norm: AnyNorm = "batch",
        dropout: float = 0.0,
        up: Up = "bilinear",
        attention: Attention = "none",
        padding: Padding = "same",
        dilation: int = 1,
        deformable: bool = False,
    ) -> None:
        super().__init__()
        self.depth, self.dilation = depth, dilation
        self.pad = padding == "same"
        d = [width * 2**level for level in range(depth + 1)]
        self.down = nn.ModuleList(
            double_conv(above, here, norm=norm, pad=self.pad)
            for above, here in zip([in_channels, *d[:-2]], d[:-1], strict=True)
        )
        self.deepest = double_conv(d[-2], d[-1], norm=norm, pad=self.pad, dilation=dilation, deformable=deformable)
        self.dropout = dropout_layer(dropout)
        self.up = nn.ModuleList(
            UpLevel(below, bridge=here, out=here, up=up, attention=attention, norm=norm, pad=self.pad)
            for below, here in zip(d[:0:-1], d[-2::-1], strict=True)
        )
        self.head = nn.Conv2d(width, num_classes, kernel_size=1)
        init_like_he(self)

    def forward(self, image: Tensor) -> SegOutput:
        """Map normalised images (N, C, H, W) to logits (N, K, H, W)."""
        if self.pad:
            x = enlarge(image, 2 ** (self.depth + 1))  # two positions are left at the deepest level
        else:
            x = mirror_for_valid(image, depth=self.depth, dilation=self.dilation)
        bridges: list[Tensor] = []
        for level in self.down:
            x = level(x)  # (N, D * 2^i, H / 2^i, W / 2^i) at level i
            bridges.append(x)
            x = F.max_pool2d(x, 2, ceil_mode=True)
        x = self.dropout(self.deepest(x))  # (N, D * 2^L, H / 2^L, W / 2^L)
        for up in self.up:
            x = up(x, bridges.pop())  # the channels of the bridge, and its size (without padding: less of it)
        logits = self.head(x)  # (N, K, H, W); without padding perhaps a few rows and columns more
        if self.pad:
            return SegOutput(resize(logits, like=image))
        return SegOutput(logits[..., : image.shape[-2], : image.shape[-1]])


class EncoderUNet(nn.Module):
    """A pretrained network as the way down, and U-Net's way up: 4D, 2D, D, D/2 and D/4 channels.

    The last step up, from half to full resolution, has no bridge: the encoder's first map is already halved.

    Args:
        num_classes: K, background included.
        in_channels: C of the images.
        encoder: name of the encoder.
        encoder_weights: "none", "imagenet" or the path of a .safetensors file.
        width: D.
        norm: "batch" or "group", of encoder and decoder.
        dropout: share of the deepest map's channels that is dropped in training.
        up: "bilinear" or "transposed".
        attention: "none" or "bilateral".
    """

    def __init__(
        self,
        num_classes: int,
        *,
        in_channels: int = 3,
        encoder: str = "resnet18",
        encoder_weights: str = "none",
        width: int = 64,
        norm: Norm = "batch",
        dropout: float = 0.0,
        up: Up = "bilinear",
        attention: Attention = "none",
    ) -> None:
        super().__init__()
        self.encoder = build_encoder(encoder, in_channels=in_channels, weights=encoder_weights, norm=norm)
        self.dropout = dropout_layer(dropout)
        bridges = self.encoder.channels[-2::-1]
        d = [max(1, width * 4 // 2**level) for level in range(5)]
        below = [self.encoder.channels[-1], *d]
        self.up = nn.ModuleList(
            UpLevel(below[i], bridge=bridge, out=d[i], up=up, attention=attention, norm=norm)
            for i, bridge in enumerate(bridges)
        )
        self.enlarge = enlarging(d[3], d[3], up)
        self.last = double_conv(d[3], d[4], norm=norm)
        self.head = nn.Conv2d(d[4], num_classes, kernel_size=1)

    def forward(self, image: Tensor) -> SegOutput:
        """Map normalised images (N, C, H, W) to logits (N, K, H, W)."""
        image_or_larger = enlarge(image, MIN_SIZE)
        *bridges, x = self.encoder(image_or_larger)  # strides 2, 4, 8, 16 and 32
        x = self.dropout(x)
        for up in self.up:
            x = up(x, bridges.pop())  # (N, 4D / 2^i, size of the bridge)
        x = self.enlarge(x)[..., : image_or_larger.shape[-2], : image_or_larger.shape[-1]]  # (N, D / 2, H, W)
        return SegOutput(resize(self.head(self.last(x)), like=image))  # (N, K, H, W)


class UpLevel(nn.Module):
    """Enlarge what comes from below, lay it beside the bridge, mix the two."""

    def __init__(
        self,
        below: int,
        *,
        bridge: int,
        out: int,
        up: Up,
        attention: Attention,
        norm: AnyNorm,
        pad: bool = True,
    ) -> None:
        super().__init__()
        enlarged = out if up == "transposed" else below
        self.enlarge = enlarging(below, enlarged, up)
        self.clean = BilateralBridge(bridge, guide=enlarged) if attention == "bilateral" else None
        self.mix = double_conv(bridge + enlarged, out, norm=norm, pad=pad)

    def forward(self, x: Tensor, bridge: Tensor) -> Tensor:
        """Map x (N, B, h, w) and a bridge (N, C, about 2h, about 2w) to (N, D, ...), the smaller of the two sizes."""
        x = self.enlarge(x)[..., : bridge.shape[-2], : bridge.shape[-1]]  # one row less where halving rounded up
        bridge = centre_crop(bridge, like=x)  # without padding the bridge is larger: it has seen fewer convolutions
        if self.clean is not None:
            bridge = self.clean(bridge, x)
        return self.mix(concat(bridge, x))


class BilateralBridge(nn.Module):
    """Attention on a bridge: every position becomes a mean of its 3x3 neighbours that are close and alike.

    A bilateral filter (Tomasi, Manduchi, ICCV 1998) weights neighbours by nearness in the image times likeness of
    value, and so smooths surfaces but not edges. Here likeness is learned, and the filter is a joint one: what
    comes from below (which knows what things are) asks, the bridge (which knows where they end) answers. Weights are
    a softmax over the nine neighbours of ``query · key + nearness``.
    """

    def __init__(self, channels: int, *, guide: int) -> None:
        super().__init__()
        words = max(4, channels // 8)  # channels in which likeness is measured
        self.query = nn.Conv2d(guide, words, kernel_size=1)
        self.key = nn.Conv2d(channels, words, kernel_size=1, bias=False)  # a bias would favour no neighbour
        squared_distance = torch.tensor([2.0, 1.0, 2.0, 1.0, 0.0, 1.0, 2.0, 1.0, 2.0])  # of each neighbour, in pixels
        self.nearness = nn.Parameter(-squared_distance)  # after the softmax: a Gaussian

    def forward(self, bridge: Tensor, guide: Tensor) -> Tensor:
        """Map a bridge (N, C, H, W) and its guide (N, B, H, W) to a cleaned bridge (N, C, H, W)."""
        query = self.query(guide)  # (N, words, H, W)
        key = self.key(bridge)
        likeness = torch.stack([(query * neighbour).sum(dim=1) for neighbour in neighbours(key)], dim=1)
        score = likeness / query.shape[1] ** 0.5 + self.nearness[:, None, None]  # (N, 9, H, W)
        weight = score.softmax(dim=1)
        cleaned = torch.zeros_like(bridge)
        for i, neighbour in enumerate(neighbours(bridge)):
            cleaned = cleaned + weight[:, i : i + 1] * neighbour
        return cleaned


def neighbours(x: Tensor) -> list[Tensor]:
    """Nine views of (N, C, H, W): what is at each position of a 3x3 window around every position, row by row."""
    height, width = x.shape[-2:]
    x = F.pad(x, (1, 1, 1, 1), mode="replicate")
    return [x[..., row : row + height, col : col + width] for row in range(3) for col in range(3)]


def double_conv(
    in_channels: int,
    out_channels: int,
    *,
    norm: AnyNorm,
    pad: bool = True,
    dilation: int = 1,
    deformable: bool = False,
) -> nn.Sequential:
    """Two 3x3 convolutions, each with normalisation and ReLU."""
    block = deformable_block if deformable else conv_block
    return nn.Sequential(
        block(in_channels, out_channels, norm=norm, dilation=dilation, pad=pad),
        block(out_channels, out_channels, norm=norm, dilation=dilation, pad=pad),
    )


def enlarging(in_channels: int, out_channels: int, up: Up) -> nn.Module:
    """Twice the height and width; "bilinear" keeps the channels as they are."""
    if up == "transposed":
        return nn.ConvTranspose2d(in_channels, out_channels, kernel_size=2, stride=2)
    return nn.Upsample(scale_factor=2, mode="bilinear", align_corners=False)


def centre_crop(x: Tensor, *, like: Tensor) -> Tensor:
    """Cut the middle of (N, C, H, W) out, at the height and width of ``like``."""
    (height, width), (h, w) = x.shape[-2:], like.shape[-2:]
    top, left = (height - h) // 2, (width - w) // 2
    return x[..., top : top + h, left : left + w]


def valid_sides(out: int, *, depth: int, dilation: int = 1) -> tuple[int, int]:
    """Sides, in pixels, of the input and the output of a U-Net without padding, for an output of at least ``out``.

    Two 3x3 convolutions without padding cost 4 pixels a level (4 times ``dilation`` at the deepest), and sides must be
    even before each halving. So the side d of the deepest map decides both: going up, side -> 2 side - 4, depth
    times; going down, read backwards, side -> 2 side + 4. The paper's d is 28: 572 pixels in, 388 out.
    """
    scale = 2**depth
    lost = 4 * (scale - 1)
    deepest = math.ceil((out + lost) / scale)
    return scale * (deepest + 4 * dilation) + lost, scale * deepest - lost


def mirror_for_valid(image: Tensor, *, depth: int, dilation: int = 1) -> Tensor:
    """Surround (N, C, H, W) by as much context as a U-Net without padding consumes, so that H x W come out.

    This is the paper's overlap-tile strategy (Figure 2): where the image ends, its mirror image goes on. Zeros, which
    padded convolutions see there, would look like a dark object. The logits of pixel (0, 0) come out first.
    """
    for axis in (-2, -1):
        side = image.shape[axis]
        side_in, side_out = valid_sides(side, depth=depth, dilation=dilation)
        before = (side_in - side_out) // 2
        position = torch.arange(-before, side_in - before, device=image.device)
        # There and back again, for as long as it takes: 0 1 2 3 2 1 0 1 2 ... A side of one pixel only repeats.
        period = max(1, 2 * (side - 1))
        position = position.remainder(period)
        image = image.index_select(axis, torch.minimum(position, period - position) if side > 1 else position * 0)
    return image


def unet(
    num_classes: int,
    *,
    in_channels: int = 3,
    encoder: EncoderName | Literal["own"] = "own",
    encoder_weights: str = "none",
    width: Count = 64,
    depth: Annotated[int, Field(ge=1, le=6)] = 4,
    norm: AnyNorm = "batch",
    dropout: Share = 0.0,
    up: Up = "bilinear",
    attention: Attention = "none",
    padding: Padding = "same",
    dilation: Annotated[int, Field(ge=1, le=16)] = 1,
    deformable: bool = False,
) -> UNet | EncoderUNet:
    """Build ``UNet``, or with the name of an ``encoder`` ``EncoderUNet``; see there what the options mean.

    Raises:
        BadConfig: an option that the one or the other does not have.
    """
    if encoder == "own":
        if encoder_weights != "none":
            raise BadConfig(
                "encoder_weights is {encoder_weights!r}, but encoder='own' is U-Net's own way down, for which nobody "
                "publishes weights. Choose an encoder such as 'resnet18', or encoder_weights='none'.",
                encoder_weights=encoder_weights,
            )
        return UNet(
            num_classes,
            in_channels=in_channels,
            width=width,
            depth=depth,
            norm=norm,
            dropout=dropout,
            up=up,
            attention=attention,
            padding=padding,
            dilation=dilation,
            deformable=deformable,
        )
    if norm == "none" or padding != "same" or depth != 4 or dilation != 1 or deformable:
        raise BadConfig(
            "encoder={encoder!r} fixes the way down, so depth, padding, dilation, deformable and norm='none' are "
            "only for encoder='own'. Leave them as they are, or choose encoder='own'.",
            encoder=encoder,
        )
    return EncoderUNet(
        num_classes,
        in_channels=in_channels,
        encoder=encoder,
        encoder_weights=encoder_weights,
        width=width,
        norm=norm,
        dropout=dropout,
        up=up,
        attention=attention,
    )


CARD = ModelCard(
    name="unet",
    title="U-Net",
    year=2015,
    task="semantic",
    build=unet,
    min_size=1,
    stages=("down.0", "down.1", "down.2", "down.3", "deepest", "up.0", "up.1", "up.2", "up.3", "head"),
    paper="https://arxiv.org/abs/1505.04597",
    summary="Bridges carry fine detail from the way down over to the way up.",
)
