"""LR-ASPP: a minimal head for mobile devices.

Paper    Howard et al.: "Searching for MobileNetV3", ICCV 2019, section 6.4, https://arxiv.org/abs/1905.02244
Differs  The gate averages over the whole image, as in torchvision's version (the paper averages over windows of
         49 x 49 positions). ``where`` is the last feature map at stride 8 (torchvision: the first). The encoder can be
         any.
Shapes   N images, C channels, H x W pixels, K classes, B width of the head (128)
"""

from torch import Tensor, nn

from segcore.models.base import ModelCard, SegOutput
from segcore.models.blocks import conv_block, dropout_layer, resize, upsample_small
from segcore.models.encoder_cards import EncoderName
from segcore.models.encoders import ENCODER_STAGES, MIN_SIZE, build_encoder
from segcore.models.options import Count, Norm, OutputStride, Share


class LRASPP(nn.Module):
    """Scores from the last feature map, gated by global context, plus scores from an earlier map at stride 8.

    Args:
        encoder: name of the encoder.
        encoder_weights: "none", "imagenet" or the path of a .safetensors file.
        output_stride: of the encoder's last map.
        width: B.
        dropout: share of the B channels that is dropped in training.
        norm: "batch" or "group".
    """

    def __init__(
        self,
        num_classes: int,
        *,
        in_channels: int = 3,
        encoder: EncoderName = "mobilenet_v3_large",
        encoder_weights: str = "none",
        output_stride: OutputStride = 16,
        width: Count = 128,
        dropout: Share = 0.0,
        norm: Norm = "batch",
    ) -> None:
        super().__init__()
        self.encoder = build_encoder(
            encoder, in_channels=in_channels, weights=encoder_weights, output_stride=output_stride, norm=norm
        )
        *_, at_8, _, deep = self.encoder.channels
        self.what = conv_block(deep, width, 1, norm=norm)
        self.gate = nn.Sequential(
            nn.AdaptiveAvgPool2d(1), nn.Conv2d(deep, width, kernel_size=1, bias=False), nn.Sigmoid()
        )
        self.dropout = dropout_layer(dropout)
        self.score_where = nn.Conv2d(at_8, num_classes, kernel_size=1)
        self.score_what = nn.Conv2d(width, num_classes, kernel_size=1)

    def forward(self, image: Tensor) -> SegOutput:
        """Map normalised images (N, C, H, W) to logits (N, K, H, W)."""
        *_, where, _, deep = self.encoder(upsample_small(image, MIN_SIZE))  # where: (N, C2, H / 8, W / 8)
        what = self.what(deep) * self.gate(deep)  # (N, B, H / 16, W / 16) * (N, B, 1, 1)
        what = self.dropout(resize(what, like=where))  # (N, B, H / 8, W / 8)
        score = self.score_what(what) + self.score_where(where)  # (N, K, H / 8, W / 8)
        return SegOutput(resize(score, like=image))  # (N, K, H, W)


CARD = ModelCard(
    name="lraspp",
    title="LR-ASPP",
    year=2019,
    build=LRASPP,
    stages=(*ENCODER_STAGES, "what", "gate", "score_what", "score_where"),
    paper="https://arxiv.org/abs/1905.02244",
    summary="Two 1x1 convolutions and a gate on a MobileNet: little work, useful masks.",
)
