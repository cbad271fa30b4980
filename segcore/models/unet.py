"""U-Net: an encoder, a decoder, and a skip connection at every level.

Paper    Ronneberger, Fischer, Brox: "U-Net: Convolutional Networks for Biomedical Image
         Segmentation", MICCAI 2015, https://arxiv.org/abs/1505.04597
Differs  By default 3x3 convolutions are padded and followed by BatchNorm (neither is in the paper), and the decoder
         upsamples bilinearly. ``norm="none", up="transposed", padding="valid"`` is the paper's network; ``forward``
         then mirrors the input at its borders, so that the logits have the size of the image. Not from the paper:
         dilated or deformable convolutions at the bottleneck, and attention on the skip connections.
Shapes   N images, C channels, H x W pixels, K classes, D width of the first level,
         L poolings (4: the bottleneck is H / 16 x W / 16)
"""

from typing import Annotated, Literal

import torch.nn.functional as F
from pydantic import Field
from torch import Tensor, nn

from segcore.models import blocks
from segcore.models.base import ModelCard, SegOutput
from segcore.models.blocks import concat, conv_block, deformable_block, resize
from segcore.models.options import Count, Norm, Share
from segcore.models.overlap_tile import centre_crop, mirror_for_valid

AnyNorm = Norm | Literal["none"]
Up = Literal["bilinear", "transposed"]
Attention = Literal["none", "bilateral"]


class UNet(nn.Module):
    """Each encoder level halves H and W and doubles the channels; each decoder level undoes both.

    Args:
        width: D; 64 in the paper, 16 trains on a laptop.
        depth: L.
        norm: "batch", "group", or "none" as in the paper.
        dropout: share of the bottleneck's channels that is dropped in training (the paper drops there, too).
        up: "bilinear", or "transposed" for learned upsampling.
        attention: "bilateral" filters the skip connections, see ``blocks.BilateralAttention``.
        padding: "same", or "valid" as in the paper, see ``overlap_tile.py``.
        dilation: of the bottleneck's two convolutions.
        deformable: make the bottleneck's two convolutions deformable.
    """

    def __init__(
        self,
        num_classes: int,
        *,
        in_channels: int = 3,
        width: Count = 64,
        depth: Annotated[int, Field(ge=1, le=6)] = 4,
        norm: AnyNorm = "batch",
        dropout: Share = 0.0,
        up: Up = "bilinear",
        attention: Attention = "none",
        padding: Literal["same", "valid"] = "same",
        dilation: Annotated[int, Field(ge=1, le=16)] = 1,
        deformable: bool = False,
    ) -> None:
        super().__init__()
        self.depth, self.dilation, self.pad = depth, dilation, padding == "same"
        *d, deepest = [width * 2**level for level in range(depth + 1)]
        self.down = nn.ModuleList(
            double_conv(above, here, norm=norm, pad=self.pad)
            for above, here in zip([in_channels, *d[:-1]], d, strict=True)
        )
        block = deformable_block if deformable else conv_block
        self.bottleneck = nn.Sequential(
            block(d[-1], deepest, norm=norm, dilation=dilation, pad=self.pad),
            block(deepest, deepest, norm=norm, dilation=dilation, pad=self.pad),
        )
        self.dropout = blocks.dropout_layer(dropout)
        self.up = nn.ModuleList(
            DecoderLevel(below, skip=here, out=here, up=up, attention=attention, norm=norm, pad=self.pad)
            for below, here in zip([deepest, *d[:0:-1]], d[::-1], strict=True)
        )
        self.head = nn.Conv2d(width, num_classes, kernel_size=1)
        blocks.init_like_he(self)

    def forward(self, image: Tensor) -> SegOutput:
        """Map normalised images (N, C, H, W) to logits (N, K, H, W)."""
        if self.pad:
            x = blocks.upsample_small(image, 2 ** (self.depth + 1))  # so that the bottleneck has 2 positions a side
        else:
            x = mirror_for_valid(image, depth=self.depth, dilation=self.dilation)
        skips: list[Tensor] = []
        for level in self.down:
            x = level(x)  # (N, D * 2^i, H / 2^i, W / 2^i) at level i
            skips.append(x)
            x = F.max_pool2d(x, 2, ceil_mode=True)
        x = self.dropout(self.bottleneck(x))  # (N, D * 2^L, H / 2^L, W / 2^L)
        for level in self.up:
            x = level(x, skips.pop())  # channels and size of the skip connection; without padding a little smaller
        logits = self.head(x)  # (N, K, H, W); without padding up to 2^L - 1 more rows and columns
        if self.pad:
            return SegOutput(resize(logits, like=image))
        return SegOutput(logits[..., : image.shape[-2], : image.shape[-1]])


class DecoderLevel(nn.Module):
    """Upsample, concatenate with the skip connection, convolve twice.

    ``below``, ``skip`` and ``out`` are the channels of the level below, of the skip connection and of the result.
    """

    def __init__(
        self, below: int, *, skip: int, out: int, up: Up, attention: Attention, norm: AnyNorm, pad: bool = True
    ) -> None:
        super().__init__()
        upsampled = out if up == "transposed" else below
        self.upsample = upsampling(below, upsampled, up)
        self.attention = blocks.BilateralAttention(skip, guide=upsampled) if attention == "bilateral" else None
        self.mix = double_conv(skip + upsampled, out, norm=norm, pad=pad)

    def forward(self, x: Tensor, skip: Tensor) -> Tensor:
        """Map x (N, B, h, w) and a skip connection (N, C, about 2h, about 2w) to (N, D, ...), the smaller size."""
        x = self.upsample(x)[..., : skip.shape[-2], : skip.shape[-1]]  # one row too many where pooling rounded up
        skip = centre_crop(skip, like=x)  # without padding the skip connection is larger
        if self.attention is not None:
            skip = self.attention(skip, x)
        mixed: Tensor = self.mix(concat(skip, x))
        return mixed


def double_conv(in_channels: int, out_channels: int, *, norm: AnyNorm, pad: bool = True) -> nn.Sequential:
    """Return two 3x3 convolutions, each with normalisation and ReLU."""
    return nn.Sequential(
        conv_block(in_channels, out_channels, norm=norm, pad=pad),
        conv_block(out_channels, out_channels, norm=norm, pad=pad),
    )


def upsampling(in_channels: int, out_channels: int, up: Up) -> nn.Module:
    """Return a layer that doubles H and W; bilinear upsampling leaves the channels as they are."""
    if up == "transposed":
        return nn.ConvTranspose2d(in_channels, out_channels, kernel_size=2, stride=2)
    return nn.Upsample(scale_factor=2, mode="bilinear", align_corners=False)


CARD = ModelCard(
    name="unet",
    title="U-Net",
    year=2015,
    build=UNet,
    stages=("down.0", "down.1", "down.2", "down.3", "bottleneck", "up.0", "up.1", "up.2", "up.3", "head"),
    paper="https://arxiv.org/abs/1505.04597",
    summary="Skip connections carry fine detail from the encoder to the decoder.",
    examples=(
        {"width": 4},
        {"width": 4, "up": "transposed", "norm": "group", "depth": 2},
        {"width": 4, "attention": "bilateral", "deformable": True, "dilation": 2},
        {"width": 4, "up": "transposed", "norm": "none", "padding": "valid"},
    ),
)
