"""Encoders: classification networks of torchvision, cut into five levels at strides 2, 4, 8, 16 and 32.

A network that was trained to name what is in a photo already knows edges, textures and parts. A segmentation
network keeps its convolutions, drops its classifier and reads the maps on the way.

Shapes   N images, C channels, H x W pixels. Level i of 0 … 4 has ceil(H / 2^(i+1)) rows, for every encoder here.

    level   0   1   2   3    4
    stride  2   4   8   16   32      output_stride=32
            2   4   8   16   16      output_stride=16: level 4 keeps its resolution and dilates instead
            2   4   8   8    8       output_stride=8:  levels 3 and 4 do
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Literal
from urllib.error import URLError

import torch
import torchvision
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from segcore import paths
from segcore.errors import BadCheckpoint, BadConfig, Message, NotAvailable, joined
from segcore.models.blocks import make_norm
from segcore.models.options import Norm

EncoderName = Literal["resnet18", "resnet34", "resnet50", "resnet101", "mobilenet_v2", "mobilenet_v3_large", "vgg16_bn"]

MIN_SIZE = 33
"""Pixels: the least side that five halvings leave with two positions. One alone has no variance for BatchNorm."""

ENCODER_STAGES = tuple(f"encoder.levels.{level}" for level in range(5))
"""Module paths of the levels in a model that keeps its encoder in ``model.encoder``."""


@dataclass(frozen=True)
class EncoderCard:
    """The fixed facts of an encoder.

    Attributes:
        name: torchvision's name of the network, and the key in ENCODERS.
        title: as the field writes it: "ResNet-50".
        year: of the paper.
        channels: of the five levels, shallow to deep.
        levels: for each level the modules of torchvision's network that it runs, one after the other.
        dilates: whether strides can be replaced by dilation, for an output_stride below 32.
        paper: URL.
        url: where torchvision publishes the ImageNet weights (the IMAGENET1K_V1 ones, as its own
            segmentation networks use them).
        build: returns torchvision's network with random weights.
    """

    name: EncoderName
    title: str
    year: int
    channels: tuple[int, int, int, int, int]
    levels: tuple[tuple[str, ...], ...]
    dilates: bool
    paper: str
    url: str
    build: Callable[[], nn.Module]


class Encoder(nn.Module):
    """Five levels, each at half the resolution of the one above it, or at the same resolution and dilated.

    Attributes:
        card: what it was cut from.
        levels: five modules, run one after the other.
        channels: of each level's output.
        strides: of each level's output: pixels of the image per position.
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
        in_channels: of the images. Pretrained filters for red, green and blue are kept as they are for 3 channels;
            for any other number C each channel gets their mean times 3 / C, so that an image whose channels all
            agree gives the same response as a grey photo did.
        weights: "none" (random), "imagenet" (torchvision's published file, downloaded once), or the path of a local
            .safetensors file with torchvision's key names; its classifier is ignored.
        output_stride: 32, or 16 or 8 for dilation in place of the last one or two strides.
        norm: "batch" as published, or "group". The pretrained scales, shifts and statistics belong to
            BatchNorm; with GroupNorm they are left out and only the convolutions are taken over.

    Raises:
        BadConfig: unknown encoder, or an output stride that it cannot have.
        BadCheckpoint: the file of weights is missing, is no safetensors file, or does not fit.
        NotAvailable: the download failed.
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
        published = download(card) if weights == "imagenet" else read_weights(Path(weights).expanduser())
        source = f"The ImageNet weights of {card.name}" if weights == "imagenet" else f"The file {weights}"
        _load(network, published, card, source=source)
    levels = [nn.Sequential(*(network.get_submodule(path) for path in level)) for level in card.levels]
    if in_channels != 3:
        _change_in_channels(levels[0], in_channels, keep=weights != "none")
    dilation = 1
    for i, level in enumerate(levels):
        if 2 ** (i + 1) > output_stride:
            dilation = _dilate(level, dilation)
    return Encoder(card, levels, output_stride=output_stride)


def download(card: EncoderCard) -> dict[str, Tensor]:
    """Fetch torchvision's ImageNet weights into ``paths.downloads_dir()``, once, and read them.

    The file's name holds the first digits of its sha256, which are checked before it is kept; nothing in it is ever
    executed (``weights_only``).

    Raises:
        NotAvailable: no network, or what came is not the published file.
    """
    folder = paths.downloads_dir()
    folder.mkdir(parents=True, exist_ok=True)
    try:
        state: dict[str, Tensor] = torch.hub.load_state_dict_from_url(
            card.url, model_dir=str(folder), map_location="cpu", check_hash=True, weights_only=True
        )
    except (URLError, OSError) as error:
        raise NotAvailable(
            "The ImageNet weights of {title} could not be downloaded from {url} ({error}). Connect to the internet "
            "once, or put the file into {folder}, or use encoder_weights='none'.",
            title=card.title,
            url=card.url,
            error=getattr(error, "reason", error),
            folder=folder,
        ) from error
    except RuntimeError as error:  # torch.hub's word for a wrong hash
        raise NotAvailable(
            "What came from {url} is not the published file ({error}). Something on the way changed it or cut it "
            "short: try again, or use encoder_weights='none'.",
            url=card.url,
            error=error,
        ) from error
    return state


def read_weights(path: Path) -> dict[str, Tensor]:
    """Read all tensors of a local .safetensors file.

    Raises:
        BadCheckpoint: there is no such file, or it is not a safetensors file.
    """
    if not path.is_file():
        raise BadCheckpoint(
            "There is no file {path}. encoder_weights can be 'none', 'imagenet' or the path of a .safetensors file.",
            path=path,
        )
    try:
        return load_file(path)
    except (SafetensorError, OSError) as error:
        raise BadCheckpoint(
            "{path} cannot be read as a .safetensors file ({error}). Files of other formats (.pth, .pt) can run code "
            "when they are opened and are not accepted: convert them first.",
            path=path,
            error=error,
        ) from error


def _load(network: nn.Module, published: Mapping[str, Tensor], card: EncoderCard, *, source: str) -> None:
    """Copy ``published`` into the parts of ``network`` that the levels use; report every tensor that does not fit."""
    group_norms = [name for name, module in network.named_modules() if isinstance(module, nn.GroupNorm)]
    used = tuple(f"{path}." for level in card.levels for path in level)
    problems: list[Message] = []
    for key, ours in network.state_dict().items():
        owner, _, kind = key.rpartition(".")
        # num_batches_tracked is a counter that torchvision's older files lack; nothing computes with it.
        if not key.startswith(used) or owner in group_norms or kind == "num_batches_tracked":
            continue
        theirs = published.get(key)
        if theirs is None:
            problems.append(
                Message("{key}: missing, expected shape {expected}", key=key, expected=str(tuple(ours.shape)))
            )
        elif theirs.shape != ours.shape:
            problems.append(
                Message(
                    "{key}: shape {found}, expected {expected}",
                    key=key,
                    found=str(tuple(theirs.shape)),
                    expected=str(tuple(ours.shape)),
                )
            )
        else:
            ours.copy_(theirs)  # a view of the parameter, without a gradient
    if problems:
        shown = problems[:10]
        if len(problems) > 10:
            shown.append(Message("… and {count} more", count=len(problems) - 10))
        raise BadCheckpoint(
            "{source} does not fit the encoder {name}; {count} of its tensors are wrong:\n  {problems}\nUse a file "
            "with the weights of torchvision.models.{name}, or the encoder that the file was made for.",
            source=source,
            name=card.name,
            count=len(problems),
            problems=joined(shown, "\n  "),
        )


def _replace_batch_norm(module: nn.Module, norm: Norm) -> None:
    """Put another normalisation in the place of every BatchNorm, at any depth."""
    for name, child in module.named_children():
        if isinstance(child, nn.BatchNorm2d):
            setattr(module, name, make_norm(norm, child.num_features))
        else:
            _replace_batch_norm(child, norm)


def _change_in_channels(level: nn.Sequential, in_channels: int, *, keep: bool) -> None:
    """Give the first convolution another number of input channels; ``keep`` what its filters know (build_encoder)."""
    parent, name, conv = next(
        (parent, name, child)
        for parent in level.modules()
        for name, child in parent.named_children()
        if isinstance(child, nn.Conv2d)
    )
    wider = nn.Conv2d(
        in_channels,
        conv.out_channels,
        kernel_size=(conv.kernel_size[0], conv.kernel_size[1]),
        stride=(conv.stride[0], conv.stride[1]),
        padding=(conv.padding[0], conv.padding[1]) if not isinstance(conv.padding, str) else conv.padding,
        bias=conv.bias is not None,
    )
    nn.init.kaiming_normal_(wider.weight, mode="fan_out", nonlinearity="relu")
    if conv.bias is not None:
        wider.bias = conv.bias
    if keep:
        mean = conv.weight.detach().mean(dim=1, keepdim=True)  # (D, 1, k, k): the filter of a grey photo, per channel
        wider.weight = nn.Parameter(mean.repeat(1, in_channels, 1, 1) * (3 / in_channels))
    setattr(parent, name, wider)


def _dilate(level: nn.Module, dilation: int) -> int:
    """Replace the stride in a level by dilation; return the dilation of whatever follows.

    Without the stride a map keeps all its positions, so that "the next one" is now twice as far away for
    every convolution after it. Dilating them by two more makes them read exactly the positions they read before: every
    second (fourth ...) value of the result is the value of the network with strides. The convolution that loses
    its stride keeps its dilation; it comes before the change.
    """
    for module in level.modules():  # in the order of computation, but for the 1x1 shortcuts of a ResNet
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


def _vgg16_bn() -> nn.Module:
    """Only the convolutions of VGG-16: torchvision's builder would also fill a classifier of 120 million numbers."""
    layers: list[nn.Module] = []
    above = 3
    for width, convs in ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3)):
        for _ in range(convs):
            conv = nn.Conv2d(above, width, 3, padding=1)
            nn.init.kaiming_normal_(conv.weight, mode="fan_out", nonlinearity="relu")
            layers += [conv, nn.BatchNorm2d(width), nn.ReLU(inplace=True)]
            above = width
        layers.append(nn.MaxPool2d(2, ceil_mode=True))  # as in Caffe, where VGG comes from: no border is lost
    network = nn.Module()
    network.features = nn.Sequential(*layers)  # torchvision's key names
    return network


def _features(*starts: int) -> tuple[tuple[str, ...], ...]:
    """Module paths of five levels: features.a … features.(b - 1), features.b … for starts a, b, … and the end."""
    return tuple(tuple(f"features.{i}" for i in range(start, end)) for start, end in pairwise(starts))


_RESNET_LEVELS = (("conv1", "bn1", "relu"), ("maxpool", "layer1"), ("layer2",), ("layer3",), ("layer4",))


def _card(
    name: EncoderName,
    title: str,
    year: int,
    paper: str,
    *,
    channels: tuple[int, int, int, int, int],
    levels: tuple[tuple[str, ...], ...],
    dilates: bool = True,
    build: Callable[[], nn.Module] | None = None,
) -> EncoderCard:
    return EncoderCard(
        name=name,
        title=title,
        year=year,
        channels=channels,
        levels=levels,
        dilates=dilates,
        paper=paper,
        url=torchvision.models.get_model_weights(name)["IMAGENET1K_V1"].url,
        build=build or (lambda: torchvision.models.get_model(name, weights=None)),
    )


_RESNET = "https://arxiv.org/abs/1512.03385"
_CARDS = (
    _card("resnet18", "ResNet-18", 2015, _RESNET, channels=(64, 64, 128, 256, 512), levels=_RESNET_LEVELS),
    _card("resnet34", "ResNet-34", 2015, _RESNET, channels=(64, 64, 128, 256, 512), levels=_RESNET_LEVELS),
    _card("resnet50", "ResNet-50", 2015, _RESNET, channels=(64, 256, 512, 1024, 2048), levels=_RESNET_LEVELS),
    _card("resnet101", "ResNet-101", 2015, _RESNET, channels=(64, 256, 512, 1024, 2048), levels=_RESNET_LEVELS),
    _card(
        "mobilenet_v2",
        "MobileNetV2",
        2018,
        "https://arxiv.org/abs/1801.04381",
        channels=(16, 24, 32, 96, 1280),
        levels=_features(0, 2, 4, 7, 14, 19),
    ),
    _card(
        "mobilenet_v3_large",
        "MobileNetV3-Large",
        2019,
        "https://arxiv.org/abs/1905.02244",
        channels=(16, 24, 40, 112, 960),
        levels=_features(0, 2, 4, 7, 13, 17),
    ),
    _card(
        "vgg16_bn",
        "VGG-16",
        2014,
        "https://arxiv.org/abs/1409.1556",
        channels=(64, 128, 256, 512, 512),
        levels=_features(0, 7, 14, 24, 34, 44),
        dilates=False,
        build=_vgg16_bn,
    ),
)

ENCODERS: dict[str, EncoderCard] = {card.name: card for card in _CARDS}
"""Every encoder by name."""
