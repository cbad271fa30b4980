"""A small classifier, as in introductions to CIFAR-10, and its conversion to a fully convolutional network.

Papers   LeCun, Bottou, Bengio, Haffner: "Gradient-Based Learning Applied to Document Recognition", Proceedings of the
         IEEE 1998, http://yann.lecun.com/exdb/publis/pdf/lecun-98.pdf: convolution, pooling, fully connected layers
         Long, Shelhamer, Darrell: "Fully Convolutional Networks for Semantic Segmentation", CVPR 2015,
         https://arxiv.org/abs/1411.4038, section 3.1: "Adapting classifiers for dense prediction"
Differs  From LeNet: ReLU, max pooling, two fully connected layers instead of three. The convolutions are not padded,
         so a large image gives exactly the logits of its windows, borders included.
Shapes   N images, C channels, K classes, D width; an image of 32 x 32 pixels becomes

         (N, C, 32, 32) conv (N, D, 28, 28) pool (N, D, 14, 14) conv (N, 2D, 10, 10) pool (N, 2D, 5, 5)
         flatten (N, 50D) fully connected (N, 4D) fully connected (N, K)
"""

import torch.nn.functional as F
from torch import Tensor, nn

from segcore.models.base import ModelCard, SegOutput
from segcore.models.options import Count

SIDE = 32
"""Height and width in pixels of its input images."""

STRIDE = 4
"""Pixels between two neighbouring logits of the fully convolutional version: two poolings of stride 2."""

_KERNEL = 5
_MAP = 5
"""Side of the last feature map for an image of SIDE pixels: (32 - 4) / 2 = 14, (14 - 4) / 2 = 5."""


class Classifier(nn.Module):
    """Convolution, pooling, convolution, pooling, fully connected, fully connected.

    A fully connected layer has one weight per input value, which fixes the size of the feature map before it and so
    the size of the images, SIDE x SIDE pixels.

    Args:
        width: D, channels after the first convolution; 2D after the second, 4D in the hidden layer.
    """

    def __init__(self, num_classes: int, *, in_channels: int = 3, width: Count = 16) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, width, _KERNEL)
        self.conv2 = nn.Conv2d(width, 2 * width, _KERNEL)
        self.fc1 = nn.Linear(2 * width * _MAP * _MAP, 4 * width)
        self.fc2 = nn.Linear(4 * width, num_classes)

    def forward(self, image: Tensor) -> SegOutput:
        """Map normalised images (N, C, 32, 32) to logits (N, K, 1, 1).

        Raises:
            ValueError: the images have another size.
        """
        if image.shape[-2:] != (SIDE, SIDE):
            raise ValueError(
                f"fully connected layers fix the size of the image: expected {SIDE} x {SIDE} pixels, got "
                f"{image.shape[-2]} x {image.shape[-1]}; `FullyConvolutional` accepts any"
            )
        x = F.max_pool2d(F.relu(self.conv1(image)), 2)  # (N, D, 14, 14)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)  # (N, 2D, 5, 5)
        x = F.relu(self.fc1(x.flatten(1)))  # (N, 4D)
        return SegOutput(self.fc2(x)[:, :, None, None])  # (N, K, 1, 1)


class FullyConvolutional(nn.Module):
    """A classifier with its fully connected layers turned into convolutions of the same, shared weights.

    A fully connected layer on a 2D x 5 x 5 map is a convolution with a 5 x 5 kernel that has only one position there:
    the kernel is the row of weights, reshaped. On a larger map the kernel has more positions. A fully connected layer
    on 4D values is a 1 x 1 convolution. The network accepts images of any size from SIDE on and has one position per
    STRIDE pixels.
    """

    def __init__(self, classifier: Classifier) -> None:
        super().__init__()
        self.conv1, self.conv2 = classifier.conv1, classifier.conv2
        channels, hidden = classifier.conv2.out_channels, classifier.fc1.out_features
        # On the meta device nothing is initialised for weights that are replaced at once.
        self.fc1 = nn.Conv2d(channels, hidden, _MAP, device="meta")
        self.fc2 = nn.Conv2d(hidden, classifier.fc2.out_features, 1, device="meta")
        self.fc1.weight = nn.Parameter(classifier.fc1.weight.detach().view(hidden, channels, _MAP, _MAP))
        self.fc2.weight = nn.Parameter(classifier.fc2.weight.detach()[:, :, None, None])  # (K, 4D, 1, 1)
        self.fc1.bias, self.fc2.bias = classifier.fc1.bias, classifier.fc2.bias
        self.train(classifier.training)

    def forward(self, image: Tensor) -> SegOutput:
        """Map normalised images (N, C, H, W) to logits (N, K, h, w), h = (H - 32) // 4 + 1 and w likewise.

        The logits at (i, j) are those that the classifier gives for the window of 32 x 32 pixels at (4 i, 4 j).
        """
        x = F.max_pool2d(F.relu(self.conv1(image)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)  # (N, 2D, h + 4, w + 4)
        return SegOutput(self.fc2(F.relu(self.fc1(x))))  # (N, K, h, w)


CARD = ModelCard(
    name="classifier",
    title="Small classifier",
    year=1998,
    task="classification",
    build=Classifier,
    min_size=SIDE,
    stages=("conv1", "conv2", "fc1", "fc2"),
    paper="http://yann.lecun.com/exdb/publis/pdf/lecun-98.pdf",
    summary="Convolution, pooling, fully connected layers: one class for a whole image of 32 × 32 pixels.",
)
