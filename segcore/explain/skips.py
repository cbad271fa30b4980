"""The skip connections of a trained U-Net, each with a gain: 1 leaves it as it is, 0 removes its spatial information.

A skip connection is found, not named: it leads to a stage of the card that receives two feature maps, one from below
and one from the encoder. A hook before that stage blends the second with a map without positions:

    b' = α · b + (1 - α) · b̄        b̄: the mean of each channel over the image, zeros, or another image's map

The means are the mildest replacement: the stage still gets values of the scale that it was trained with.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from segcore.explain.network import Network, as_pixels
from segcore.metrics import BoundaryCounts, Scores, boundary_counts, boundary_scores, confusion, scores
from segcore.types import RGB, LabelMap

Replacement = Literal["mean", "zeros", "other"]
REPLACEMENTS: tuple[Replacement, ...] = ("mean", "zeros", "other")


@dataclass(frozen=True)
class Skip:
    """One skip connection.

    Attributes:
        stage: module path of the stage that receives it.
        stride: of its feature map, in pixels of the image.
        channels: of its feature map.
    """

    stage: str
    stride: int
    channels: int


def find_skips(model: nn.Module, stages: Sequence[str], *, in_channels: int = 3, side: int = 128) -> tuple[Skip, ...]:
    """The skip connections of a network, the finest first.

    Args:
        model: a private copy.
        stages: module paths of the architecture's card; missing ones are ignored.
        in_channels: of its images.
        side: of the square test image, in pixels.
    """
    modules = dict(model.named_modules())
    found: list[Skip] = []
    hooks = []

    def inspect(stage: str) -> Any:
        def hook(_module: nn.Module, arguments: tuple[Any, ...]) -> None:
            if len(arguments) == 2 and all(isinstance(each, Tensor) and each.dim() == 4 for each in arguments):
                skip = arguments[1]
                found.append(Skip(stage, round(side / skip.shape[-1]), skip.shape[1]))

        return modules[stage].register_forward_pre_hook(hook)

    try:
        hooks = [inspect(stage) for stage in stages if stage in modules]
        with torch.no_grad():
            model(torch.zeros(1, in_channels, side, side))
    finally:
        for hook in hooks:
            hook.remove()
    return tuple(sorted(found, key=lambda skip: skip.stride))


@contextmanager
def scaled_skips(
    model: nn.Module, gains: Mapping[str, float], replacement: Replacement = "mean"
) -> Iterator[dict[str, tuple[Tensor, Tensor]]]:
    """Scale skip connections while the model runs inside the ``with``.

    Args:
        model: a private copy.
        gains: stage → α, 0 … 1.
        replacement: what replaces the rest; "other" is the map of the previous image in the batch.

    Yields:
        A dict that each forward pass fills: stage → (map from below, blended map from the skip connection).
    """
    inputs: dict[str, tuple[Tensor, Tensor]] = {}

    def scale(stage: str, alpha: float) -> Any:
        def hook(_module: nn.Module, arguments: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
            below, skip = arguments
            match replacement:
                case "mean":
                    rest = skip.mean(dim=(2, 3), keepdim=True)
                case "zeros":
                    rest = torch.zeros_like(skip)
                case "other":
                    rest = skip.roll(1, dims=0)
            blended = alpha * skip + (1 - alpha) * rest
            inputs[stage] = (below, blended)
            return below, blended

        return model.get_submodule(stage).register_forward_pre_hook(hook)

    hooks = [scale(stage, alpha) for stage, alpha in gains.items()]
    try:
        yield inputs
    finally:
        for hook in hooks:
            hook.remove()


@dataclass(frozen=True, eq=False)
class SkipEffect:
    """The effect of some gains.

    Attributes:
        labels: of each image.
        scores: of the confusion matrix of all images.
        boundary_f: mean over classes and images.
        boundaries: boundary counts of each image.
        maps: stage → (from below, from the skip): mean absolute activation of the first image, (h', w') each.
    """

    labels: list[LabelMap]
    scores: Scores
    boundary_f: float
    boundaries: list[BoundaryCounts]
    maps: dict[str, tuple[NDArray[np.float32], NDArray[np.float32]]]


def measure_effect(
    network: Network,
    images: Sequence[RGB],
    ground_truth: Sequence[LabelMap],
    gains: Mapping[str, float],
    replacement: Replacement = "mean",
) -> SkipEffect:
    """Predict with some gains, and measure.

    Args:
        network: with a private copy of the model.
        images: (h, w, 3) uint8 each, of one size.
        ground_truth: (h, w) each.
        gains: stage → α; other skip connections keep 1.
        replacement: see `scaled_skips`.
    """
    with torch.no_grad(), scaled_skips(network.model, gains, replacement) as inputs:
        found = list(network.logits(as_pixels(images)).argmax(dim=1).byte().numpy())
    k = len(network.classes)
    counts = np.zeros((k, k), np.int64)
    for labels, true in zip(found, ground_truth, strict=True):
        counts += confusion(labels, true, k)
    boundaries = [boundary_counts(labels, true, k) for labels, true in zip(found, ground_truth, strict=True)]
    maps = {stage: (_strength(below), _strength(skip)) for stage, (below, skip) in inputs.items()}
    return SkipEffect(found, scores(counts, network.classes), boundary_scores(boundaries).mean_f, boundaries, maps)


def _strength(activation: Tensor) -> NDArray[np.float32]:
    """Mean absolute activation of the first image, (N, C, h, w) → (h, w)."""
    return np.asarray(activation[0].abs().mean(dim=0).numpy(), np.float32)
