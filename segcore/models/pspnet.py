"""PSPNet: classify each pixel with averages over 1, 4, 9 and 36 cells of the scene.

Paper    Zhao, Shi, Qi, Wang, Jia: "Pyramid Scene Parsing Network", CVPR 2017,
         https://arxiv.org/abs/1612.01105
Differs  The encoder is torchvision's (the paper's ResNet begins with three 3x3 convolutions). BatchNorm comes before
         the pooling (see ``PooledContext``), so that a batch of one can train.
Shapes   N images, C channels, H x W pixels, K classes, P width of the head (512),
         S output stride of the encoder (8: its last map is H / 8 x W / 8)
"""

from torch import Tensor, nn

from segcore.models.base import ModelCard, SegOutput
from segcore.models.blocks import AuxHead, PooledContext, aux_logits, concat, conv_block, resize, upsample_small
from segcore.models.encoder_cards import EncoderName
from segcore.models.encoders import ENCODER_STAGES, MIN_SIZE, build_encoder
from segcore.models.options import Count, Norm, OutputStride, Share


class PSPNet(nn.Module):
    """A dilated encoder, a pyramid of average poolings, and a classifier on the concatenation.

    Args:
        encoder: name of the encoder.
        encoder_weights: "none", "imagenet" or the path of a .safetensors file.
        output_stride: S.
        width: P, of the convolution before the classifier and of each grid of the pyramid.
        aux: train an auxiliary head on level 3 of the encoder (the paper weights its loss by 0.4).
        dropout: share of the head's values that is dropped in training.
        norm: "batch" or "group".
    """

    def __init__(
        self,
        num_classes: int,
        *,
        in_channels: int = 3,
        encoder: EncoderName = "resnet50",
        encoder_weights: str = "none",
        output_stride: OutputStride = 8,
        width: Count = 512,
        aux: bool = True,
        dropout: Share = 0.1,
        norm: Norm = "batch",
    ) -> None:
        super().__init__()
        self.encoder = build_encoder(
            encoder, in_channels=in_channels, weights=encoder_weights, output_stride=output_stride, norm=norm
        )
        *_, middle, deep = self.encoder.channels
        self.pyramid = nn.ModuleList(PooledContext(deep, width, bins=bins, norm=norm) for bins in (1, 2, 3, 6))
        self.mix = nn.Sequential(*conv_block(deep + 4 * width, width, norm=norm), nn.Dropout(dropout))
        self.head = nn.Conv2d(width, num_classes, kernel_size=1)
        self.aux_head = AuxHead(middle, num_classes, norm=norm) if aux else None

    def forward(self, image: Tensor) -> SegOutput:
        """Map normalised images (N, C, H, W) to logits (N, K, H, W)."""
        *_, middle, deep = self.encoder(upsample_small(image, MIN_SIZE))  # deep: (N, C4, H / S, W / S)
        x = concat(deep, *(grid(deep) for grid in self.pyramid))  # (N, C4 + 4P, H / S, W / S)
        x = self.mix(x)  # (N, P, H / S, W / S)
        return SegOutput(resize(self.head(x), like=image), aux=aux_logits(self.aux_head, middle, like=image))


CARD = ModelCard(
    name="pspnet",
    title="PSPNet",
    year=2017,
    build=PSPNet,
    stages=(*ENCODER_STAGES, *(f"pyramid.{i}" for i in range(4)), "mix", "head"),
    paper="https://arxiv.org/abs/1612.01105",
    summary="A pyramid of averages gives every pixel the context of its surroundings and of the whole scene.",
    examples=({"encoder": "resnet18", "width": 8}, {"encoder": "mobilenet_v2", "width": 8, "norm": "group"}),
)
