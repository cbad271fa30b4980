"""Evidence: the pretrained encoder's own classifier distinguishes classes that the training set shows too little of.

Idea     A training set with one breed of dog teaches a network that breed, not dogs. An encoder pretrained on ImageNet
         has seen 118 breeds, but its classifier is usually thrown away. Here the relevant rows of that classifier are
         kept and applied convolutionally, as FCN did with whole classifiers (Long, Shelhamer, Darrell: "Fully
         Convolutional Networks", 2015, section 3.1, https://arxiv.org/abs/1411.4038). The decoder has one shared
         output for all such classes; the evidence decides which of them it is:

             P(dog | pixel) = P(one of them | pixel) * P(dog | one of them, evidence)

         This is the hierarchical softmax of YOLO9000 (Redmon, Farhadi, 2016, section 4,
         https://arxiv.org/abs/1612.08242), with a lower level that was trained on a million other photos.
Learnt   Only the weight of the near and of the far evidence and a prior, three numbers per group. The rows are frozen,
         and so is a copy of the encoder's last level, because training on few examples makes the level itself forget.
         Its input should stay the same as well: train with ``freeze="early"``.
Shapes   N images, B and C channels of the encoder's last two maps, h x w positions, R rows, G groups, K classes
"""

import copy

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from segcore.errors import BadConfig, Message
from segcore.models.encoder_weights import published_weights
from segcore.models.encoders import Encoder

IMAGENET_GROUPS: dict[str, range] = {
    "bird": range(80, 101),  # black grouse … black swan
    "cat": range(281, 288),  # five domestic cats, cougar, lynx
    "dog": range(151, 269),  # Chihuahua … Mexican hairless
}
"""Everyday class → its rows in the ImageNet-1k classifier (in the usual order)."""

WINDOW = 112
"""Side in pixels of the window over which near evidence is averaged; a single position is too noisy."""


class Evidence(nn.Module):
    """The probability of each group, given that a pixel belongs to one of them; it copies the encoder's last level.

    Raises:
        BadConfig: fewer than two groups, or one that is not in IMAGENET_GROUPS.
    """

    def __init__(self, encoder: Encoder, groups: list[str]) -> None:
        super().__init__()
        unknown = [group for group in groups if group not in IMAGENET_GROUPS]
        if unknown or len(groups) < 2:
            raise BadConfig(
                "evidence names the groups {groups}; expected at least two of {known}.",
                groups=groups or Message("none"),
                known=list(IMAGENET_GROUPS),
            )
        self.groups = [IMAGENET_GROUPS[group] for group in groups]
        self.bottleneck = copy.deepcopy(encoder.levels[-1]).requires_grad_(False)
        self.window = 2 * (WINDOW // encoder.strides[-1] // 2) + 1  # odd, so that it has a centre
        rows = sum(len(group) for group in self.groups)
        self.classifier = nn.Conv2d(encoder.channels[-1], rows, kernel_size=1).requires_grad_(False)
        self.trust_near = nn.Parameter(torch.full((len(groups), 1, 1), 0.5))
        self.trust_far = nn.Parameter(torch.full((len(groups), 1, 1), 0.5))
        self.prior = nn.Parameter(torch.zeros(len(groups), 1, 1))

    def load_rows(self, weight: Tensor, bias: Tensor) -> None:
        """Copy the rows of the groups from a classifier with weight (1000, C) and bias (1000,).

        Raises:
            BadConfig: the classifier has other input channels, or other classes than ImageNet's thousand.
        """
        if weight.shape != (1000, self.classifier.in_channels) or bias.shape != (1000,):
            raise BadConfig(
                "evidence needs ImageNet's classifier, weight (1000, {channels}) and bias (1000,); the weights have "
                "{weight} and {bias}. Use an encoder without hidden layers in its classifier (a ResNet or "
                "mobilenet_v2), or leave evidence out.",
                channels=self.classifier.in_channels,
                weight=str(tuple(weight.shape)),
                bias=str(tuple(bias.shape)),
            )
        rows = [row for group in self.groups for row in group]
        with torch.no_grad():
            self.classifier.weight.copy_(weight[rows, :, None, None])
            self.classifier.bias.copy_(bias[rows])  # type: ignore[union-attr]

    def train(self, mode: bool = True) -> "Evidence":
        """Set training mode on all but the copied level, whose batch-norm statistics are frozen."""
        super().train(mode)
        self.bottleneck.eval()
        return self

    def forward(self, middle: Tensor) -> Tensor:
        """Map the encoder's second to last map (N, B, ...) to log probabilities (N, G, h, w) over the groups.

        No gradient flows back: training would fit the encoder until the evidence agrees with the few examples.
        """
        with torch.no_grad():
            deep = self.bottleneck(middle)  # (N, C, h, w)
        near = F.avg_pool2d(deep, self.window, stride=1, padding=self.window // 2, count_include_pad=False)
        far = deep.mean(dim=(2, 3), keepdim=True)  # (N, C, 1, 1), what the classifier was trained on
        logits = self.trust_near * self._by_group(near) + self.trust_far * self._by_group(far) + self.prior
        return logits.log_softmax(dim=1)  # (N, G, h, w)

    def _by_group(self, features: Tensor) -> Tensor:
        """Return the logsumexp over each group's rows: (N, C, h, w) -> (N, R, h, w) -> (N, G, h, w)."""
        rows = self.classifier(features).float().split([len(group) for group in self.groups], dim=1)
        return torch.stack([group.logsumexp(dim=1) for group in rows], dim=1)


def build_evidence(ids: dict[str, int], encoder: Encoder, num_classes: int, *, weights: str) -> Evidence:
    """Return the evidence module for an encoder with loaded weights; ``ids`` is group → class id, 0 … K-1.

    ``weights`` are those of ``build_encoder``; with "none" the classifier's rows are random, for weights that will be
    loaded.

    Raises:
        BadConfig: unknown groups, ids outside 0 … K-1 or repeated, a classifier that does not fit.
        BadCheckpoint, NotAvailable: the weights cannot be read.
    """
    if len(set(ids.values())) != len(ids) or max(ids.values()) >= num_classes:
        raise BadConfig(
            "evidence is {ids}; each group needs a class id of its own, 0 … {most}.", ids=str(ids), most=num_classes - 1
        )
    evidence = Evidence(encoder, list(ids))
    if weights != "none":
        state = published_weights(encoder.card, weights)
        last = "fc" if "fc.weight" in state else "classifier.1"  # torchvision's names in ResNet and MobileNetV2
        missing = torch.empty(0)
        evidence.load_rows(state.get(f"{last}.weight", missing), state.get(f"{last}.bias", missing))
    return evidence


def split_shared(shared: Tensor, evidence: Tensor, class_ids: list[int]) -> Tensor:
    """Return logits (N, K, H, W) in which each class of the groups has the shared logit plus its evidence.

    Args:
        shared: (N, K - G + 1, H, W) logits of the decoder; the last channel is "one of the groups", the others
            are the remaining classes in the order of their ids.
        evidence: (N, G, H, W) log probabilities.
        class_ids: for each group the id of its class among the K.
    """
    groups = len(class_ids)
    num_classes = shared.shape[1] - 1 + groups
    others = [id for id in range(num_classes) if id not in class_ids]
    together = torch.cat([shared[:, :-1], shared[:, -1:] + evidence], dim=1)  # others first, then the groups
    ids = [*others, *class_ids]
    return together[:, [ids.index(id) for id in range(num_classes)]]
