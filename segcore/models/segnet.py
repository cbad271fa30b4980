"""SegNet: the decoder unpools to the positions of the encoder's pooling maxima.

Paper    Badrinarayanan, Kendall, Cipolla: "SegNet: A Deep Convolutional Encoder-Decoder Architecture for
         Image Segmentation", TPAMI 2017, https://arxiv.org/abs/1511.00561
         Bayesian variant: Kendall, Badrinarayanan, Cipolla: "Bayesian SegNet", BMVC 2017,
         https://arxiv.org/abs/1511.02680
Differs  Not in the layers: the thirteen convolutions of VGG-16 with BatchNorm, mirrored. Odd sizes are rounded up by
         pooling and restored by unpooling.
Shapes   N images, C channels, H x W pixels, K classes
"""

from functools import partial

from torch import Tensor, nn

from segcore.models.base import ModelCard, SegOutput
from segcore.models.blocks import conv_block, init_like_he, resize, upsample_small
from segcore.models.encoders import MIN_SIZE, build_encoder
from segcore.models.options import Norm, Share
from segcore.models.unpooling import MAPS_BEFORE_POOLING, Pooled, decoder, run_level, unpool

_DECODER = ((512, 512, 512), (512, 512, 256), (256, 256, 128), (128, 64), (64,))
"""Output channels of each decoder level's convolutions; the classifier is the second convolution of the last level."""


class SegNet(nn.Module):
    """VGG-16 as encoder and its mirror image as decoder; only pooling indices, no features, pass between them.

    An index costs 2 bits (which of the four was largest) where U-Net's skip connections store 64 and more numbers.

    Args:
        encoder_weights: "none", "imagenet" or the path of a .safetensors file, for VGG-16 with BatchNorm.
        bayesian: dropout after the three lowest-resolution levels of encoder and decoder (the paper's best variant,
            "central encoder-decoder"). With dropout left on after training, the spread of several predictions
            measures the network's uncertainty.
        dropout: share that ``bayesian`` drops.
        norm: "batch" or "group".
    """

    def __init__(
        self,
        num_classes: int,
        *,
        in_channels: int = 3,
        encoder_weights: str = "none",
        bayesian: bool = False,
        dropout: Share = 0.5,
        norm: Norm = "batch",
    ) -> None:
        super().__init__()
        self.encoder = build_encoder("vgg16_bn", in_channels=in_channels, weights=encoder_weights, norm=norm)
        self.up = decoder(self.encoder.channels[-1], _DECODER, partial(conv_block, norm=norm))
        init_like_he(self.up)
        self.head = nn.Conv2d(_DECODER[-1][-1], num_classes, kernel_size=3, padding=1)
        drop = nn.Dropout(dropout) if bayesian else nn.Identity()
        keep = nn.Identity()
        self.drop_down = nn.ModuleList([keep, keep, drop, drop, drop])
        self.drop_up = nn.ModuleList([drop, drop, drop, keep, keep])

    def forward(self, image: Tensor) -> SegOutput:
        """Map normalised images (N, C, H, W) to logits (N, K, H, W)."""
        x = upsample_small(image, MIN_SIZE)
        pooled: list[Pooled] = []
        for level, drop in zip(self.encoder.levels, self.drop_down, strict=True):
            x, indices = run_level(level, x)  # half of H and W
            x = drop(x)
            pooled.append(indices)
        for level, drop in zip(self.up, self.drop_up, strict=True):
            x = unpool(x, pooled.pop())  # twice H and W, three of four values are zero
            x = drop(level(x))  # the channels of the next level
        return SegOutput(resize(self.head(x), like=image))  # (N, K, H, W)


CARD = ModelCard(
    name="segnet",
    title="SegNet",
    year=2015,
    build=SegNet,
    stages=(*MAPS_BEFORE_POOLING, *(f"up.{i}" for i in range(5)), "head"),
    paper="https://arxiv.org/abs/1511.00561",
    summary="The decoder reuses the positions of the pooling maxima, so that no features need to be stored.",
)
