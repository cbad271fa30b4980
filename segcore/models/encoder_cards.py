"""The registry of encoders: which torchvision networks there are, and how each is cut into five levels."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import Any, Literal

import torchvision
from torch import nn

EncoderName = Literal["resnet18", "resnet34", "resnet50", "resnet101", "mobilenet_v2", "mobilenet_v3_large", "vgg16_bn"]
Build = Callable[[], nn.Module]


@dataclass(frozen=True)
class EncoderCard:
    """The fixed facts of an encoder."""

    name: EncoderName  # torchvision's name of the network, and the key in ENCODERS
    title: str  # as the field writes it: "ResNet-50"
    year: int  # of the paper
    channels: tuple[int, int, int, int, int]  # of the five levels, shallow to deep
    levels: tuple[tuple[str, ...], ...]  # the modules of torchvision's network that each level runs, in order
    url: str  # of torchvision's ImageNet weights (IMAGENET1K_V1, which its own segmentation networks use)
    build: Build  # returns torchvision's network with random weights
    dilates: bool = True  # whether strides can be replaced by dilation, for an output_stride below 32


def _vgg16_bn() -> nn.Module:
    """Return the convolutions of VGG-16, without the 120 million weights of its classifier."""
    layers: list[nn.Module] = []
    above = 3
    for width, convs in ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3)):
        for _ in range(convs):
            conv = nn.Conv2d(above, width, 3, padding=1)
            nn.init.kaiming_normal_(conv.weight, mode="fan_out", nonlinearity="relu")
            layers += [conv, nn.BatchNorm2d(width), nn.ReLU(inplace=True)]
            above = width
        layers.append(nn.MaxPool2d(2, ceil_mode=True))  # as in Caffe, where VGG comes from
    network = nn.Module()
    network.features = nn.Sequential(*layers)  # torchvision's key names
    return network


def _features(*starts: int) -> tuple[tuple[str, ...], ...]:
    """Return the module paths of the levels; ``starts`` are the first module of each, and the end."""
    return tuple(tuple(f"features.{i}" for i in range(start, end)) for start, end in pairwise(starts))


_RESNET_LEVELS = (("conv1", "bn1", "relu"), ("maxpool", "layer1"), ("layer2",), ("layer3",), ("layer4",))


def _card(
    name: EncoderName,
    title: str,
    year: int,
    channels: tuple[int, int, int, int, int],
    levels: tuple[tuple[str, ...], ...],
    **facts: Any,
) -> EncoderCard:
    url = torchvision.models.get_model_weights(name)["IMAGENET1K_V1"].url
    build = partial(torchvision.models.get_model, name, weights=None)
    return EncoderCard(name, title, year, channels, levels, url, **{"build": build, **facts})


_CARDS = (
    # https://arxiv.org/abs/1512.03385
    _card("resnet18", "ResNet-18", 2015, (64, 64, 128, 256, 512), _RESNET_LEVELS),
    _card("resnet34", "ResNet-34", 2015, (64, 64, 128, 256, 512), _RESNET_LEVELS),
    _card("resnet50", "ResNet-50", 2015, (64, 256, 512, 1024, 2048), _RESNET_LEVELS),
    _card("resnet101", "ResNet-101", 2015, (64, 256, 512, 1024, 2048), _RESNET_LEVELS),
    # https://arxiv.org/abs/1801.04381
    _card("mobilenet_v2", "MobileNetV2", 2018, (16, 24, 32, 96, 1280), _features(0, 2, 4, 7, 14, 19)),
    # https://arxiv.org/abs/1905.02244
    _card("mobilenet_v3_large", "MobileNetV3-Large", 2019, (16, 24, 40, 112, 960), _features(0, 2, 4, 7, 13, 17)),
    # https://arxiv.org/abs/1409.1556
    _card(
        "vgg16_bn",
        "VGG-16",
        2014,
        (64, 128, 256, 512, 512),
        _features(0, 7, 14, 24, 34, 44),
        dilates=False,
        build=_vgg16_bn,
    ),
)

ENCODERS: dict[str, EncoderCard] = {card.name: card for card in _CARDS}
"""Every encoder by name."""
