"""torchvision's own segmentation networks, made to answer like ours.

They are here, not among the models to train, because their only purpose is to carry the weights that torchvision
publishes. What they are: https://docs.pytorch.org/vision/stable/models.html#semantic-segmentation
"""

from torch import Tensor, nn
from torchvision.models import segmentation

from segcore.errors import BadConfig
from segcore.models.base import SegOutput

PREFIX = "torchvision/"
"""Architecture names with this prefix are torchvision's."""

NETS = (
    "lraspp_mobilenet_v3_large",
    "deeplabv3_mobilenet_v3_large",
    "fcn_resnet50",
    "fcn_resnet101",
    "deeplabv3_resnet50",
    "deeplabv3_resnet101",
)
"""From the fastest to the slowest; the names of the functions in torchvision.models.segmentation."""


class TorchvisionSegmenter(nn.Module):
    """One of torchvision's networks without its auxiliary head, which serves training only and costs time.

    Args:
        name: one of NETS.
        num_classes: K, background included.
    """

    def __init__(self, name: str, num_classes: int) -> None:
        super().__init__()
        # weights_backbone defaults to a download of ImageNet weights, even when weights is None.
        no_aux = {} if name.startswith("lraspp") else {"aux_loss": False}
        build = getattr(segmentation, name)
        self.network = build(weights=None, weights_backbone=None, num_classes=num_classes, **no_aux)

    def forward(self, x: Tensor) -> SegOutput:
        """Map normalised images (N, 3, H, W) to logits (N, K, H, W)."""
        return SegOutput(logits=self.network(x)["out"])


def build_torchvision(architecture: str, *, num_classes: int, in_channels: int = 3) -> TorchvisionSegmenter:
    """The network of "torchvision/<name>".

    Raises:
        BadConfig: torchvision has no such network, as far as this program knows, or none for so many channels.
    """
    if in_channels != 3:
        raise BadConfig("torchvision's networks look at 3 channels (RGB), not at {channels}.", channels=in_channels)
    name = architecture.removeprefix(PREFIX)
    if name not in NETS:
        raise BadConfig("“{name}” is none of torchvision's networks known here: {known}.", name=name, known=list(NETS))
    return TorchvisionSegmenter(name, num_classes)
