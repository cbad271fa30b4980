"""DeconvNet: an encoder down to 1 / 32 of the resolution, and a deep decoder of unpooling and deconvolution.

Paper    Noh, Hong, Han: "Learning Deconvolution Network for Semantic Segmentation", ICCV 2015,
         https://arxiv.org/abs/1505.04366
Differs  The paper segments 224 x 224 crops around object proposals; here the network is applied to whole images of any
         size, so its 7x7 "fully connected" layers are padded by 3. They have 1024 channels; the paper's 4096, an
         option, make 223 of its 252 million weights.
Shapes   N images, C channels, H x W pixels, K classes, F width of the middle
"""

from functools import partial

from torch import Tensor, nn

from segcore.models.base import ModelCard, SegOutput
from segcore.models.blocks import conv_block, dropout_layer, make_norm, resize, upsample_small
from segcore.models.encoders import MIN_SIZE, build_encoder
from segcore.models.options import Count, Norm, Share
from segcore.models.unpooling import MAPS_BEFORE_POOLING, Pooled, decoder, run_level, unpool

_DECODER = ((512, 512, 512), (512, 512, 256), (256, 256, 128), (128, 64), (64, 64))
"""Output channels of each decoder level's transposed convolutions."""


class DeconvNet(nn.Module):
    """VGG-16 with its classifier as encoder, the mirror image as decoder: unpooling places, deconvolution shapes.

    Args:
        encoder_weights: "none", "imagenet" or the path of a .safetensors file, for VGG-16 with BatchNorm.
        middle_width: F.
        dropout: share of the middle's channels that is dropped in training.
        norm: "batch" or "group".
    """

    def __init__(
        self,
        num_classes: int,
        *,
        in_channels: int = 3,
        encoder_weights: str = "none",
        middle_width: Count = 1024,
        dropout: Share = 0.0,
        norm: Norm = "batch",
    ) -> None:
        super().__init__()
        self.encoder = build_encoder("vgg16_bn", in_channels=in_channels, weights=encoder_weights, norm=norm)
        channels = self.encoder.channels[-1]
        self.middle = nn.Sequential(
            conv_block(channels, middle_width, 7, norm=norm),  # fc6
            conv_block(middle_width, middle_width, 1, norm=norm),  # fc7
            dropout_layer(dropout),
            deconv_block(middle_width, channels, 7, norm=norm),
        )
        self.up = decoder(channels, _DECODER, partial(deconv_block, kernel_size=3, norm=norm))
        self.head = nn.Conv2d(_DECODER[-1][-1], num_classes, kernel_size=1)

    def forward(self, image: Tensor) -> SegOutput:
        """Map normalised images (N, C, H, W) to logits (N, K, H, W)."""
        x = upsample_small(image, MIN_SIZE)
        pooled: list[Pooled] = []
        for level in self.encoder.levels:
            x, indices = run_level(level, x)  # half of H and W
            pooled.append(indices)
        x = self.middle(x)  # (N, 512, H / 32, W / 32) -> F channels -> 512 channels
        for level in self.up:
            x = level(unpool(x, pooled.pop()))  # twice H and W, the channels of the next level
        return SegOutput(resize(self.head(x), like=image))  # (N, K, H, W)


def deconv_block(in_channels: int, out_channels: int, kernel_size: int, *, norm: Norm) -> nn.Sequential:
    """Return a transposed convolution of stride 1, normalisation and ReLU; H and W do not change.

    With stride 1 it equals a convolution with the flipped kernel.
    """
    conv = nn.ConvTranspose2d(in_channels, out_channels, kernel_size, padding=kernel_size // 2, bias=False)
    return nn.Sequential(conv, make_norm(norm, out_channels), nn.ReLU(inplace=True))


CARD = ModelCard(
    name="deconvnet",
    title="DeconvNet",
    year=2015,
    build=DeconvNet,
    stages=(*MAPS_BEFORE_POOLING, "middle", *(f"up.{i}" for i in range(5)), "head"),
    paper="https://arxiv.org/abs/1505.04366",
    summary="A deep decoder of unpooling and deconvolution builds up the shape of an object step by step.",
    examples=({"middle_width": 8},),
)
