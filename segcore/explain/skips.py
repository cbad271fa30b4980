"""The skips of a trained U-Net, each with a dial: 1 leaves it as it is, 0 takes away where things are.

A skip is found, not named: it is a stage of the card that is given two maps, what comes from below and what comes over
from the way down. A hook before that stage blends the second with something that has lost its places:

    b' = α · b + (1 - α) · b̄        b̄: the mean of each channel over the picture, zeros, or another picture's map

The means are the gentlest: the stage still gets numbers of the size that it was trained with, only the same everywhere.
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
    """One skip.

    Attributes:
        stage: module path of the stage that it leads to.
        stride: pixels of the picture for one of its cells.
        channels: of its map.
    """

    stage: str
    stride: int
    channels: int


def find_skips(model: nn.Module, stages: Sequence[str], *, in_channels: int = 3, side: int = 128) -> tuple[Skip, ...]:
    """The skips of a network, the finest first.

    Args:
        model: a private copy.
        stages: module paths of the architecture's card; a smaller build may lack some.
        in_channels: of its images.
        side: of the square that is sent through it, in pixels.
    """
    modules = dict(model.named_modules())
    found: list[Skip] = []
    hooks = []

    def look(stage: str) -> Any:
        def hook(_module: nn.Module, arguments: tuple[Any, ...]) -> None:
            if len(arguments) == 2 and all(isinstance(each, Tensor) and each.dim() == 4 for each in arguments):
                bridge = arguments[1]
                found.append(Skip(stage, round(side / bridge.shape[-1]), bridge.shape[1]))

        return modules[stage].register_forward_pre_hook(hook)

    try:
        hooks = [look(stage) for stage in stages if stage in modules]
        with torch.no_grad():
            model(torch.zeros(1, in_channels, side, side))
    finally:
        for hook in hooks:
            hook.remove()
    return tuple(sorted(found, key=lambda skip: skip.stride))


@contextmanager
def scaled_skips(
    model: nn.Module, dials: Mapping[str, float], replacement: Replacement = "mean"
) -> Iterator[dict[str, tuple[Tensor, Tensor]]]:
    """Turn down skips while the model runs inside the ``with``.

    Args:
        model: a private copy.
        dials: stage → α, 0 … 1.
        replacement: what takes the place of the rest; "other" is the map of the picture before in the batch.

    Yields:
        A dict that each forward pass fills: stage → (what comes from below, what came over the skip, blended).
    """
    seen: dict[str, tuple[Tensor, Tensor]] = {}

    def turn(stage: str, alpha: float) -> Any:
        def hook(_module: nn.Module, arguments: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
            below, bridge = arguments
            match replacement:
                case "mean":
                    rest = bridge.mean(dim=(2, 3), keepdim=True)
                case "zeros":
                    rest = torch.zeros_like(bridge)
                case "other":
                    rest = bridge.roll(1, dims=0)
            blended = alpha * bridge + (1 - alpha) * rest
            seen[stage] = (below, blended)
            return below, blended

        return model.get_submodule(stage).register_forward_pre_hook(hook)

    hooks = [turn(stage, alpha) for stage, alpha in dials.items()]
    try:
        yield seen
    finally:
        for hook in hooks:
            hook.remove()


@dataclass(frozen=True, eq=False)
class SkipEffect:
    """What a setting of the dials does.

    Attributes:
        labels: of each picture.
        scores: all pictures in one table.
        boundary_f: mean over classes and pictures.
        outlines: counts of each picture.
        maps: stage → (from below, over the skip): mean absolute activation of the first picture, (h', w') each.
    """

    labels: list[LabelMap]
    scores: Scores
    boundary_f: float
    boundaries: list[BoundaryCounts]
    maps: dict[str, tuple[NDArray[np.float32], NDArray[np.float32]]]


def measure_effect(
    network: Network,
    images: Sequence[RGB],
    truth: Sequence[LabelMap],
    dials: Mapping[str, float],
    replacement: Replacement = "mean",
) -> SkipEffect:
    """Predict with the dials set, and measure.

    Args:
        network: with a private copy of the model.
        images: (h, w, 3) uint8 each, of one size.
        truth: (h, w) each.
        dials: stage → α; skips that are not named stay as they are.
        replacement: see `dialled`.
    """
    with torch.no_grad(), scaled_skips(network.model, dials, replacement) as seen:
        found = list(network.logits(as_pixels(images)).argmax(dim=1).byte().numpy())
    k = len(network.classes)
    counts = np.zeros((k, k), np.int64)
    for labels, true in zip(found, truth, strict=True):
        counts += confusion(labels, true, k)
    boundaries = [boundary_counts(labels, true, k) for labels, true in zip(found, truth, strict=True)]
    maps = {stage: (_strength(below), _strength(bridge)) for stage, (below, bridge) in seen.items()}
    return SkipEffect(found, scores(counts, network.classes), boundary_scores(boundaries).mean_f, boundaries, maps)


def _strength(activation: Tensor) -> NDArray[np.float32]:
    """Of the first picture, (N, C, h, w) → (h, w)."""
    return np.asarray(activation[0].abs().mean(dim=0).numpy(), np.float32)
