"""U-Net on a pretrained encoder: a classification network replaces U-Net's own encoder.

Paper    Iglovikov, Shvets: "TernausNet: U-Net with VGG11 Encoder Pre-Trained on ImageNet for Image Segmentation",
         2018, https://arxiv.org/abs/1801.05746; the decoder is U-Net's, https://arxiv.org/abs/1505.04597
Differs  The encoder can be any, ResNet-18 by default; the decoder upsamples bilinearly by default. This is the network
         that segmentation_models.pytorch calls Unet.
Shapes   N images, C channels, H x W pixels, K classes, D width of the decoder
"""

from torch import Tensor, nn

from segcore.models.base import ModelCard, SegOutput
from segcore.models.blocks import dropout_layer, resize, upsample_small
from segcore.models.encoder_cards import EncoderName
from segcore.models.encoders import ENCODER_STAGES, MIN_SIZE, build_encoder
from segcore.models.options import Count, Norm, Share
from segcore.models.unet import Attention, DecoderLevel, Up, double_conv, upsampling


class EncoderUNet(nn.Module):
    """An encoder of five levels and a decoder of 4D, 2D, D, D/2 and D/4 channels.

    The last decoder level, from half to full resolution, has no skip connection: the encoder's first map is already at
    half resolution.

    Args:
        encoder: name of the encoder.
        encoder_weights: "none", "imagenet" or the path of a .safetensors file.
        width: D.
        norm: "batch" or "group", of encoder and decoder.
        dropout: share of the bottleneck's channels that is dropped in training.
        up: "bilinear", or "transposed" for learned upsampling.
        attention: "bilateral" filters the skip connections, see ``blocks.BilateralAttention``.
    """

    def __init__(
        self,
        num_classes: int,
        *,
        in_channels: int = 3,
        encoder: EncoderName = "resnet18",
        encoder_weights: str = "none",
        width: Count = 64,
        norm: Norm = "batch",
        dropout: Share = 0.0,
        up: Up = "bilinear",
        attention: Attention = "none",
    ) -> None:
        super().__init__()
        self.encoder = build_encoder(encoder, in_channels=in_channels, weights=encoder_weights, norm=norm)
        self.dropout = dropout_layer(dropout)
        *skips, deepest = self.encoder.channels
        d = [max(1, width * 4 // 2**level) for level in range(5)]
        self.up = nn.ModuleList(
            DecoderLevel(below, skip=skip, out=out, up=up, attention=attention, norm=norm)
            for below, skip, out in zip([deepest, *d[:3]], skips[::-1], d[:4], strict=True)
        )
        self.upsample = upsampling(d[3], d[3], up)
        self.last = double_conv(d[3], d[4], norm=norm)
        self.head = nn.Conv2d(d[4], num_classes, kernel_size=1)

    def forward(self, image: Tensor) -> SegOutput:
        """Map normalised images (N, C, H, W) to logits (N, K, H, W)."""
        input_image = upsample_small(image, MIN_SIZE)
        *skips, x = self.encoder(input_image)  # strides 2, 4, 8, 16 and 32
        x = self.dropout(x)
        for level in self.up:
            x = level(x, skips.pop())  # (N, 4D / 2^i, size of the skip connection)
        x = self.upsample(x)[..., : input_image.shape[-2], : input_image.shape[-1]]  # (N, D / 2, H, W)
        return SegOutput(resize(self.head(self.last(x)), like=image))  # (N, K, H, W)


CARD = ModelCard(
    name="unet-encoder",
    title="U-Net, pretrained encoder",
    year=2018,
    build=EncoderUNet,
    stages=(*ENCODER_STAGES, "up.0", "up.1", "up.2", "up.3", "last", "head"),
    paper="https://arxiv.org/abs/1801.05746",
    summary="A classification network, trained on ImageNet, serves as the encoder of a U-Net.",
    examples=({"width": 8}, {"width": 8, "encoder": "mobilenet_v2", "up": "transposed", "attention": "bilateral"}),
)
