"""PSPNet: look at the scene in 1, 4, 9 and 36 cells before deciding what a pixel is.

Paper    Zhao, Shi, Qi, Wang, Jia: "Pyramid Scene Parsing Network", CVPR 2017,
         https://arxiv.org/abs/1612.01105
Differs  The encoder is torchvision's (the paper's ResNet begins with three 3x3 convolutions). Means over cells are
         taken after BatchNorm (see ``PooledContext``), which lets a batch of one train.
Shapes   N images, C channels, H x W pixels, K classes, P width of the head (512),
         S output stride of the encoder (8: the deepest map is H / 8 x W / 8)
"""

from torch import Tensor, nn

from segcore.models.base import ModelCard, SegOutput
from segcore.models.blocks import AuxHead, PooledContext, concat, conv_block, enlarge, resize
from segcore.models.encoders import ENCODER_STAGES, MIN_SIZE, EncoderName, build_encoder
from segcore.models.options import Count, Norm, OutputStride, Share


class PSPNet(nn.Module):
    """A dilated encoder, a pyramid of means over ever smaller cells, a classifier on all of it.

    Args:
        num_classes: K, background included.
        in_channels: C of the images.
        encoder: name of the encoder.
        encoder_weights: "none", "imagenet" or the path of a .safetensors file.
        output_stride: S.
        width: P, of the convolution before the classifier and of each grid of the pyramid.
        aux: train a second, small classifier on level 3 of the encoder (the paper weighs its loss by 0.4).
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
        *_, middle, deep = self.encoder(enlarge(image, MIN_SIZE))  # deep: (N, C4, H / S, W / S)
        x = concat(deep, *(grid(deep) for grid in self.pyramid))  # (N, C4 + 4P, H / S, W / S)
        x = self.mix(x)  # (N, P, H / S, W / S)
        logits = resize(self.head(x), like=image)  # (N, K, H, W)
        if self.aux_head is None or not self.training:
            return SegOutput(logits)
        return SegOutput(logits, aux=resize(self.aux_head(middle), like=image))


CARD = ModelCard(
    name="pspnet",
    title="PSPNet",
    year=2017,
    task="semantic",
    build=PSPNet,
    min_size=1,
    stages=(
        *ENCODER_STAGES,
        *(f"pyramid.{i}" for i in range(4)),
        "mix",
        "head",
    ),
    paper="https://arxiv.org/abs/1612.01105",
    summary="A pyramid of averages tells every pixel about its surroundings and the whole scene.",
)
