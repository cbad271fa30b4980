"""FCN: a classifier slid over the whole image is a segmenter; earlier layers sharpen what it says.

Paper    Long, Shelhamer, Darrell: "Fully Convolutional Networks for Semantic Segmentation",
         CVPR 2015, https://arxiv.org/abs/1411.4038
Differs  The encoder is VGG-16 with BatchNorm, which can be trained at any rate (or any other encoder). The 7x7
         convolution is padded by 3, where the paper surrounds the image by 100 zeros. It has 1024 channels; 4096, the
         paper's, make 120 of the paper's 134 million weights and are an option. Maps are enlarged by fixed bilinear
         interpolation; ``up="transposed"`` learns it, class by class, beginning with the same, as in the paper.
Shapes   N images, C channels, H x W pixels, K classes, F width of the head
"""

from functools import partial
from typing import Literal

import torch
from torch import Tensor, nn

from segcore.models.base import ModelCard, SegOutput
from segcore.models.blocks import WideConv2d, enlarge, resize
from segcore.models.encoders import ENCODER_STAGES, MIN_SIZE, EncoderName, build_encoder
from segcore.models.options import Count, Norm, Share


class FCN(nn.Module):
    """Scores at stride 32, then, for 16s and 8s, added to scores from the maps at stride 16 and 8.

    Args:
        num_classes: K, background included.
        in_channels: C of the images.
        finest: stride of the finest map that is scored: 32, 16 or 8.
        encoder: name of the encoder.
        encoder_weights: "none", "imagenet" or the path of a .safetensors file.
        head_width: F.
        up: "bilinear", or "transposed" for learned enlarging.
        dropout: share of the head's values that is dropped in training.
        norm: of the encoder, "batch" or "group".
    """

    def __init__(
        self,
        num_classes: int,
        *,
        in_channels: int = 3,
        finest: Literal[32, 16, 8] = 8,
        encoder: EncoderName = "vgg16_bn",
        encoder_weights: str = "none",
        head_width: Count = 1024,
        up: Literal["bilinear", "transposed"] = "bilinear",
        dropout: Share = 0.5,
        norm: Norm = "batch",
    ) -> None:
        super().__init__()
        self.encoder = build_encoder(encoder, in_channels=in_channels, weights=encoder_weights, norm=norm)
        *_, at_8, at_16, at_32 = self.encoder.channels
        self.head = nn.Sequential(  # fc6, fc7 and fc8 of VGG-16, as convolutions
            WideConv2d(at_32, head_width, kernel_size=7, padding=3),
            nn.ReLU(inplace=True),
            nn.Dropout(dropout),
            nn.Conv2d(head_width, head_width, kernel_size=1),
            nn.ReLU(inplace=True),
            nn.Dropout(dropout),
            nn.Conv2d(head_width, num_classes, kernel_size=1),
        )
        skips = {32: [], 16: [at_16], 8: [at_16, at_8]}[finest]
        self.skip_scores = nn.ModuleList(nn.Conv2d(channels, num_classes, kernel_size=1) for channels in skips)
        factors = [2] * len(skips) + [finest]
        self.up = nn.ModuleList(
            LearnedUpsampling(num_classes, factor) if up == "transposed" else BilinearUpsampling() for factor in factors
        )

    def forward(self, image: Tensor) -> SegOutput:
        """Map normalised images (N, C, H, W) to logits (N, K, H, W)."""
        x = enlarge(image, MIN_SIZE)
        *_, at_8, at_16, at_32 = self.encoder(x)
        score = self.head(at_32)  # (N, K, H / 32, W / 32)
        for up, skip_score, skip in zip(self.up, self.skip_scores, [at_16, at_8], strict=False):  # none, one or both
            score = up(score, like=skip) + skip_score(skip)  # (N, K, H / 16, W / 16), then (N, K, H / 8, W / 8)
        return SegOutput(resize(self.up[-1](score, like=x), like=image))  # (N, K, H, W)


class BilinearUpsampling(nn.Module):
    """Enlarge by interpolation; nothing to learn."""

    def forward(self, x: Tensor, *, like: Tensor) -> Tensor:
        """Map (N, K, h, w) to the height and width of ``like``."""
        return resize(x, like=like)


class LearnedUpsampling(nn.Module):
    """A transposed convolution that starts as bilinear interpolation, one filter a class.

    The paper gives every class a filter for every other class, but starts all those at zero; here they do not exist (at
    K = 150 and 32 times they would be 92 million weights).
    """

    def __init__(self, num_classes: int, factor: int) -> None:
        super().__init__()
        self.conv = nn.ConvTranspose2d(
            num_classes,
            num_classes,
            kernel_size=2 * factor,
            stride=factor,
            padding=factor // 2,
            groups=num_classes,
            bias=False,
        )
        self.conv.weight = nn.Parameter(bilinear_kernel(factor).repeat(num_classes, 1, 1, 1))

    def forward(self, x: Tensor, *, like: Tensor) -> Tensor:
        """Map (N, K, h, w) to the size of ``like``: ``factor`` times h and w, or a few rows and columns less."""
        return self.conv(x)[..., : like.shape[-2], : like.shape[-1]]


def bilinear_kernel(factor: int) -> Tensor:
    """Return the kernel (2 factor, 2 factor) that lets a transposed convolution interpolate: a tent along each axis."""
    offset = (torch.arange(2 * factor) + 0.5) / factor - 1  # centres of the taps, in positions of the small map
    tent = 1 - offset.abs()
    return tent[:, None] * tent[None, :]


def _card(finest: Literal[32, 16, 8], summary: str) -> ModelCard:
    skips = {32: (), 16: ("skip_scores.0",), 8: ("skip_scores.0", "skip_scores.1")}[finest]
    return ModelCard(
        name=f"fcn{finest}s",
        title=f"FCN-{finest}s",
        year=2015,
        task="semantic",
        build=partial(FCN, finest=finest),
        min_size=1,
        stages=(*ENCODER_STAGES, "head", *skips),
        paper="https://arxiv.org/abs/1411.4038",
        summary=summary,
    )


CARDS = (
    _card(32, "A classification network as one big convolution: a score map at a thirty-second of the resolution."),
    _card(16, "FCN-32s, refined once by scores from an earlier map at stride 16."),
    _card(8, "FCN-32s, refined twice by scores from earlier maps at strides 16 and 8."),
)
