"""torchvision's own segmentation networks with our interface.

They are here, not among the trainable models, because they only serve to load the weights that torchvision publishes:
https://docs.pytorch.org/vision/stable/models.html#semantic-segmentation
"""

from torch import Tensor, nn
from torchvision.models import segmentation

from segcore.errors import BadConfig
from segcore.models.base import SegOutput

PREFIX = "torchvision/"
"""Prefix of the names of torchvision's architectures."""

NETS = {
    "lraspp_mobilenet_v3_large": "LR-ASPP · MobileNetV3-Large",
    "deeplabv3_mobilenet_v3_large": "DeepLabV3 · MobileNetV3-Large",
    "fcn_resnet50": "FCN · ResNet-50",
    "fcn_resnet101": "FCN · ResNet-101",
    "deeplabv3_resnet50": "DeepLabV3 · ResNet-50",
    "deeplabv3_resnet101": "DeepLabV3 · ResNet-101",
}
"""From the fastest to the slowest: function in torchvision.models.segmentation → title."""


class TorchvisionSegmenter(nn.Module):
    """One of NETS without its auxiliary head, which is for training only."""

    def __init__(self, name: str, num_classes: int) -> None:
        super().__init__()
        # weights_backbone defaults to downloading ImageNet weights, even when weights is None.
        no_aux = {} if name.startswith("lraspp") else {"aux_loss": False}
        build = getattr(segmentation, name)
        self.network = build(weights=None, weights_backbone=None, num_classes=num_classes, **no_aux)

    def forward(self, x: Tensor) -> SegOutput:
        """Map normalised images (N, 3, H, W) to logits (N, K, H, W)."""
        return SegOutput(logits=self.network(x)["out"])


def build_torchvision(architecture: str, *, num_classes: int, in_channels: int = 3) -> TorchvisionSegmenter:
    """Return the network of "torchvision/<name>".

    Raises:
        BadConfig: an unknown network, or another number of channels than 3.
    """
    if in_channels != 3:
        raise BadConfig("torchvision's networks look at 3 channels (RGB), not at {channels}.", channels=in_channels)
    name = architecture.removeprefix(PREFIX)
    if name not in NETS:
        raise BadConfig("“{name}” is none of torchvision's networks known here: {known}.", name=name, known=list(NETS))
    return TorchvisionSegmenter(name, num_classes)
