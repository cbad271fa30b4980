"""FCN: a classifier applied convolutionally is a segmenter; earlier feature maps refine its boundaries.

Paper    Long, Shelhamer, Darrell: "Fully Convolutional Networks for Semantic Segmentation",
         CVPR 2015, https://arxiv.org/abs/1411.4038
Differs  The encoder is VGG-16 with BatchNorm, or any other. The 7x7 convolution is padded by 3, where the paper pads
         the image by 100 zeros. It has 1024 channels; the paper's 4096, an option, make 120 of its 134 million
         weights. Upsampling is bilinear; ``up="transposed"`` learns it per class, initialised to bilinear, as in the
         paper.
Shapes   N images, C channels, H x W pixels, K classes, F width of the head
"""

from functools import partial
from typing import Literal

import torch
from torch import Tensor, nn

from segcore.models.base import ModelCard, SegOutput
from segcore.models.blocks import WideConv2d, resize, upsample_small
from segcore.models.encoder_cards import EncoderName
from segcore.models.encoders import ENCODER_STAGES, MIN_SIZE, build_encoder
from segcore.models.options import Count, Norm, Share


class FCN(nn.Module):
    """Scores at stride 32, to which FCN-16s and FCN-8s add scores from the maps at stride 16 and 8.

    Args:
        finest: stride of the finest map that is scored: 32, 16 or 8.
        encoder: name of the encoder.
        encoder_weights: "none", "imagenet" or the path of a .safetensors file.
        head_width: F.
        up: "bilinear", or "transposed" for learned upsampling.
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
        x = upsample_small(image, MIN_SIZE)
        *_, at_8, at_16, at_32 = self.encoder(x)
        score = self.head(at_32)  # (N, K, H / 32, W / 32)
        for up, skip_score, skip in zip(self.up, self.skip_scores, [at_16, at_8], strict=False):  # none, one or both
            score = up(score, like=skip) + skip_score(skip)  # (N, K, H / 16, W / 16), then (N, K, H / 8, W / 8)
        return SegOutput(resize(self.up[-1](score, like=x), like=image))  # (N, K, H, W)


class BilinearUpsampling(nn.Module):
    """Bilinear interpolation, without parameters."""

    def forward(self, x: Tensor, *, like: Tensor) -> Tensor:
        """Map (N, K, h, w) to the height and width of ``like``."""
        return resize(x, like=like)


class LearnedUpsampling(nn.Module):
    """A transposed convolution initialised to bilinear interpolation, with one filter per class.

    The paper also has filters between different classes, initialised to zero; they are left out here (at K = 150 and
    factor 32 they would be 92 million weights).
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
        """Map (N, K, h, w) to the size of ``like``: ``factor`` times h and w, cropped."""
        upsampled: Tensor = self.conv(x)
        return upsampled[..., : like.shape[-2], : like.shape[-1]]


def bilinear_kernel(factor: int) -> Tensor:
    """Return the (2 factor, 2 factor) kernel with which a transposed convolution interpolates bilinearly."""
    offset = (torch.arange(2 * factor) + 0.5) / factor - 1  # centres of the taps, in positions of the small map
    tent = 1 - offset.abs()
    return tent[:, None] * tent[None, :]


def _card(finest: Literal[32, 16, 8], summary: str, example: dict[str, object]) -> ModelCard:
    skips = {32: (), 16: ("skip_scores.0",), 8: ("skip_scores.0", "skip_scores.1")}[finest]
    return ModelCard(
        name=f"fcn{finest}s",
        title=f"FCN-{finest}s",
        year=2015,
        build=partial(FCN, finest=finest),
        stages=(*ENCODER_STAGES, "head", *skips),
        paper="https://arxiv.org/abs/1411.4038",
        summary=summary,
        examples=({"head_width": 8, **example},),
    )


CARDS = (
    _card(32, "A classification network as one large convolution: a score map at 1/32 of the resolution.", {}),
    _card(16, "FCN-32s, refined by scores from an earlier feature map at stride 16.", {"encoder": "resnet18"}),
    _card(8, "FCN-32s, refined by scores from earlier feature maps at strides 16 and 8.", {"up": "transposed"}),
)
