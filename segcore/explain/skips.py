"""The skip connections of a trained U-Net, each with a gain: 1 leaves it as it is, 0 removes its spatial information.

A skip connection is found, not named: it leads to a stage of the card that receives two feature maps, one from below
and one from the encoder. A hook before that stage blends the second with a map without positions:

    b' = α · b + (1 - α) · b̄        b̄: the mean of each channel over the image, zeros, or another image's map

The means are the mildest replacement: the stage still gets values of the scale that it was trained with.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from segcore.explain.network import Network
from segcore.metrics import BoundaryCounts, Scores, boundary_counts, boundary_scores, confusion, scores
from segcore.types import RGB, LabelMap

Replacement = Literal["mean", "zeros", "other"]
REPLACEMENTS: tuple[Replacement, ...] = ("mean", "zeros", "other")

_SIDE = 128  # of the empty image, in pixels


@dataclass(frozen=True)
class Skip:
    """One skip connection."""

    stage: str  # module path of the stage that receives it
    stride: int  # of its feature map, in pixels of the image
    channels: int  # of its feature map


def find_skips(model: nn.Module, stages: Sequence[str], *, in_channels: int = 3) -> tuple[Skip, ...]:
    """The skip connections of a network, the finest first, found with an empty square image.

    ``stages`` are the module paths of the architecture's card; missing ones are ignored.
    """
    modules = dict(model.named_modules())
    found: list[Skip] = []

    def inspect(stage: str, _module: nn.Module, arguments: tuple[Any, ...]) -> None:
        if len(arguments) == 2 and all(isinstance(each, Tensor) and each.dim() == 4 for each in arguments):
            skip = arguments[1]
            found.append(Skip(stage, round(_SIDE / skip.shape[-1]), skip.shape[1]))

    with ExitStack() as hooks, torch.no_grad():
        for stage in stages:
            if stage in modules:
                hooks.enter_context(modules[stage].register_forward_pre_hook(partial(inspect, stage)))
        model(torch.zeros(1, in_channels, _SIDE, _SIDE))
    return tuple(sorted(found, key=lambda skip: skip.stride))


@contextmanager
def scaled_skips(
    model: nn.Module, gains: Mapping[str, float], replacement: Replacement = "mean"
) -> Iterator[dict[str, tuple[Tensor, Tensor]]]:
    """Scale skip connections by α = ``gains[stage]``, 0 … 1, while the model runs inside the ``with``.

    Yields:
        A dict that each forward pass fills: stage → (map from below, blended map from the skip connection). The
        replacement "other" is the map of the previous image in the batch.
    """
    inputs: dict[str, tuple[Tensor, Tensor]] = {}

    def scale(stage: str, _module: nn.Module, arguments: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
        below, skip = arguments
        match replacement:
            case "mean":
                rest = skip.mean(dim=(2, 3), keepdim=True)
            case "zeros":
                rest = torch.zeros_like(skip)
            case "other":
                rest = skip.roll(1, dims=0)
        inputs[stage] = (below, gains[stage] * skip + (1 - gains[stage]) * rest)
        return inputs[stage]

    with ExitStack() as hooks:
        for stage in gains:
            hooks.enter_context(model.get_submodule(stage).register_forward_pre_hook(partial(scale, stage)))
        yield inputs


@dataclass(frozen=True, eq=False)
class SkipEffect:
    """The effect of some gains."""

    labels: list[LabelMap]  # of each image
    scores: Scores  # of the confusion matrix of all images
    boundary_f: float  # mean over classes and images
    boundaries: list[BoundaryCounts]  # boundary counts of each image
    # stage → (from below, from the skip): mean absolute activation of the first image, (h', w') each
    maps: dict[str, tuple[NDArray[np.float32], NDArray[np.float32]]]


def measure_effect(
    network: Network,
    images: Sequence[RGB],
    ground_truth: Sequence[LabelMap],
    gains: Mapping[str, float],
    replacement: Replacement = "mean",
) -> SkipEffect:
    """Predict images of one size with some gains (others are 1), and measure against the ground truth, (h, w) each."""
    with scaled_skips(network.model, gains, replacement) as inputs:
        found = network.labels(images)
    k = len(network.classes)
    counts = confusion(np.stack(found), np.stack(ground_truth), k)
    boundaries = [boundary_counts(labels, true, k) for labels, true in zip(found, ground_truth, strict=True)]
    maps = {stage: (_strength(below), _strength(skip)) for stage, (below, skip) in inputs.items()}
    return SkipEffect(found, scores(counts, network.classes), boundary_scores(boundaries).mean_f, boundaries, maps)


def _strength(activation: Tensor) -> NDArray[np.float32]:
    """Mean absolute activation of the first image, (N, C, h, w) → (h, w)."""
    return np.asarray(activation[0].abs().mean(dim=0).numpy(), np.float32)
