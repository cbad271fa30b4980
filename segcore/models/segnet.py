"""SegNet: the way up puts every value back where max pooling found it.

Paper    Badrinarayanan, Kendall, Cipolla: "SegNet: A Deep Convolutional Encoder-Decoder Architecture for
         Image Segmentation", TPAMI 2017, https://arxiv.org/abs/1511.00561
         Bayesian variant: Kendall, Badrinarayanan, Cipolla: "Bayesian SegNet", BMVC 2017,
         https://arxiv.org/abs/1511.02680
Differs  Nothing in the layers: the thirteen convolutions of VGG-16 with BatchNorm, mirrored. Odd sizes are rounded
         up on the way down, and the way up returns to them.
Shapes   N images, C channels, H x W pixels, K classes
"""

from torch import Tensor, nn

from segcore.models.base import ModelCard, SegOutput
from segcore.models.blocks import conv_block, enlarge, init_like_he, resize
from segcore.models.encoders import MIN_SIZE, build_encoder
from segcore.models.options import Norm, Share
from segcore.models.unpooling import MAPS_BEFORE_POOLING, Pooled, run_level, unpool

_DECODER = ((512, 512, 512), (512, 512, 256), (256, 256, 128), (128, 64), (64,))
"""Output channels of each level's convolutions on the way up; the classifier is the last level's second."""


class SegNet(nn.Module):
    """VGG-16 down, its mirror image up; between them go only the positions of the maxima, no features.

    An index costs 2 bits (which of the four was largest) where U-Net's bridges store 64 and more numbers.

    Args:
        num_classes: K, background included.
        in_channels: C of the images.
        encoder_weights: "none", "imagenet" or the path of a .safetensors file, for VGG-16 with BatchNorm.
        bayesian: drop values after the three deepest levels on both ways (the variant "central encoder-decoder", the
            best in the paper). Leave the dropout on after training, predict several times, and the
            spread of the answers tells how sure the network is.
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
        above = self.encoder.channels[-1]
        levels: list[nn.Sequential] = []
        for widths in _DECODER:
            level = nn.Sequential()
            for width in widths:
                level.append(conv_block(above, width, norm=norm))
                above = width
            levels.append(level)
        self.up = nn.ModuleList(levels)
        init_like_he(self.up)
        self.head = nn.Conv2d(above, num_classes, kernel_size=3, padding=1)
        drop = nn.Dropout(dropout) if bayesian else nn.Identity()
        keep = nn.Identity()
        self.drop_down = nn.ModuleList([keep, keep, drop, drop, drop])
        self.drop_up = nn.ModuleList([drop, drop, drop, keep, keep])

    def forward(self, image: Tensor) -> SegOutput:
        """Map normalised images (N, C, H, W) to logits (N, K, H, W)."""
        x = enlarge(image, MIN_SIZE)
        pooled: list[Pooled] = []
        for level, drop in zip(self.encoder.levels, self.drop_down, strict=True):
            x, places = run_level(level, x)  # half of H and W
            x = drop(x)
            pooled.append(places)
        for level, drop in zip(self.up, self.drop_up, strict=True):
            x = unpool(x, pooled.pop())  # twice H and W, three of four values are zero
            x = drop(level(x))  # the channels of the next level up
        return SegOutput(resize(self.head(x), like=image))  # (N, K, H, W)


CARD = ModelCard(
    name="segnet",
    title="SegNet",
    year=2015,
    task="semantic",
    build=SegNet,
    min_size=1,
    stages=(*MAPS_BEFORE_POOLING, *(f"up.{i}" for i in range(5)), "head"),
    paper="https://arxiv.org/abs/1511.00561",
    summary="The decoder reuses the positions of the pooling maxima, so that no features need to be stored.",
)
