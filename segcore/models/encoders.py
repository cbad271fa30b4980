"""Encoders: classification networks of torchvision, cut into five levels at strides 2, 4, 8, 16 and 32.

A network trained to classify photos already detects edges, textures and parts. A segmentation network keeps its
convolutions, drops its classifier and uses the feature maps of each level.

Shapes   N images, C channels, H x W pixels. Level i of 0 … 4 has ceil(H / 2^(i+1)) rows, for every encoder here.

    level   0   1   2   3    4
    stride  2   4   8   16   32      output_stride=32
            2   4   8   16   16      output_stride=16: level 4 keeps the resolution and dilates instead
            2   4   8   8    8       output_stride=8:  levels 3 and 4 do
"""

from torch import Tensor, nn

from segcore.errors import BadConfig
from segcore.models.blocks import make_norm
from segcore.models.encoder_cards import ENCODERS, EncoderCard
from segcore.models.encoder_weights import load_weights, published_weights
from segcore.models.options import Norm

MIN_SIZE = 33
"""Pixels: the smallest side that five halvings leave with two positions; one alone has no variance for BatchNorm."""

ENCODER_STAGES = tuple(f"encoder.levels.{level}" for level in range(5))
"""Module paths of the levels in a model that keeps its encoder in ``model.encoder``."""


class Encoder(nn.Module):
    """Five levels, run in sequence; each halves the resolution, or keeps it and dilates.

    ``channels`` and ``strides`` are of each level's output, in pixels of the image per position.
    """

    def __init__(self, card: EncoderCard, levels: list[nn.Sequential], *, output_stride: int) -> None:
        super().__init__()
        self.card = card
        self.levels = nn.ModuleList(levels)
        self.channels = card.channels
        self.strides = tuple(min(2 ** (i + 1), output_stride) for i in range(len(levels)))

    def forward(self, x: Tensor) -> list[Tensor]:
        """Map normalised images (N, C, H, W) to five maps (N, channels[i], H / strides[i], W / strides[i]).

        H and W that do not divide are rounded up. In training mode a batch of one needs H or W >= MIN_SIZE.
        """
        features: list[Tensor] = []
        for level in self.levels:
            x = level(x)
            features.append(x)
        return features


def build_encoder(
    name: str, *, in_channels: int = 3, weights: str = "none", output_stride: int = 32, norm: Norm = "batch"
) -> Encoder:
    """Build an encoder.

    Args:
        name: a key of ENCODERS.
        in_channels: of the images. Pretrained filters are kept for 3 channels; for any other number C each channel
            gets the mean of the RGB filters times 3 / C, so that an image of C equal channels gives the response of
            a grey photo.
        weights: "none" (random), "imagenet" (torchvision's file, downloaded once), or the path of a .safetensors file
            with torchvision's key names; its classifier is ignored.
        output_stride: 32, or 16 or 8 for dilation in place of the last one or two strides.
        norm: "batch" as published, or "group", which takes over the convolutions only: the pretrained scales, shifts
            and statistics belong to BatchNorm.

    Raises:
        BadConfig: unknown encoder, or an output stride that it does not support.
        BadCheckpoint, NotAvailable: the weights cannot be read, do not fit, or cannot be downloaded.
    """
    if name not in ENCODERS:
        raise BadConfig("There is no encoder named {name!r}. Choose one of: {known}.", name=name, known=list(ENCODERS))
    card = ENCODERS[name]
    if output_stride not in (8, 16, 32):
        raise BadConfig("output_stride is {output_stride}; it can be 32, 16 or 8.", output_stride=output_stride)
    if output_stride < 32 and not card.dilates:
        able = ", ".join(other.name for other in ENCODERS.values() if other.dilates)
        raise BadConfig(
            "{title} shrinks its maps by max pooling, where dilation cannot take the place of the stride, so "
            "output_stride={output_stride} is not possible. Use output_stride=32, or one of: {known}.",
            title=card.title,
            output_stride=output_stride,
            known=able,
        )

    network = card.build()
    if norm != "batch":
        _replace_batch_norm(network, norm)
    if weights != "none":
        source = f"The ImageNet weights of {card.name}" if weights == "imagenet" else f"The file {weights}"
        load_weights(network, published_weights(card, weights), card, source=source)
    levels = [nn.Sequential(*(network.get_submodule(path) for path in level)) for level in card.levels]
    if in_channels != 3:
        _change_in_channels(levels[0], in_channels, keep=weights != "none")
    dilation = 1
    for i, level in enumerate(levels):
        if 2 ** (i + 1) > output_stride:
            dilation = _dilate(level, dilation)
    return Encoder(card, levels, output_stride=output_stride)


def _replace_batch_norm(module: nn.Module, norm: Norm) -> None:
    """Replace every BatchNorm, at any depth."""
    for name, child in module.named_children():
        if isinstance(child, nn.BatchNorm2d):
            setattr(module, name, make_norm(norm, child.num_features))
        else:
            _replace_batch_norm(child, norm)


def _change_in_channels(level: nn.Sequential, in_channels: int, *, keep: bool) -> None:
    """Change the input channels of the first convolution; ``keep`` its filters as ``build_encoder`` describes."""
    conv = next(module for module in level.modules() if isinstance(module, nn.Conv2d))
    mean = conv.weight.detach().mean(dim=1, keepdim=True)  # (D, 1, k, k)
    weight = mean.repeat(1, in_channels, 1, 1) * (3 / in_channels)
    if not keep:
        nn.init.kaiming_normal_(weight, mode="fan_out", nonlinearity="relu")
    conv.in_channels, conv.weight = in_channels, nn.Parameter(weight)


def _dilate(level: nn.Module, dilation: int) -> int:
    """Replace the stride in a level by dilation; return the dilation of the layers that follow.

    Without the stride the map keeps its resolution, so the dilation of all later convolutions doubles: they then read
    the same positions as before, and every second (fourth …) value of the result equals the strided network's. The
    convolution that loses its stride keeps its own dilation.
    """
    for module in level.modules():  # in the order of computation, except for the 1x1 shortcuts of a ResNet
        if not isinstance(module, nn.Conv2d):
            continue
        kernel = module.kernel_size[0]
        module.dilation = (dilation, dilation)
        module.padding = (dilation * (kernel // 2), dilation * (kernel // 2))
        if module.stride == (2, 2):
            module.stride = (1, 1)
            if kernel > 1:
                dilation *= 2
    return dilation
