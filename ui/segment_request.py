"""The choices of the Segment page as plain values: keys of caches, and parts of addresses."""

from dataclasses import dataclass
from typing import Literal

from segcore.checkpoint import CheckpointRef
from segcore.classical import METHODS

Detail = Literal["fast", "standard", "fine", "full"]
DETAILS: tuple[Detail, ...] = ("fast", "standard", "fine", "full")
"""Size of the network's input: half, once and twice the training size, or that of the photo, in tiles."""

Percent = tuple[int, int, int, int]
"""A rectangle: top, left, bottom, right in percent of the photo's height and width, so that it fits any photo."""
MIDDLE: Percent = (4, 4, 96, 96)

FAVOURITE = "everyday"
"""The default checkpoint."""


@dataclass(frozen=True)
class ModelChoice:
    """A model: a checkpoint on this computer, a published one, or a method without a network."""

    name: str  # in the address; unique among all choices
    kind: Literal["checkpoint", "published", "classical"]
    ref: CheckpointRef | None = None  # the file; None before it is downloaded, and for a method without a network


@dataclass(frozen=True)
class SegmentRequest:
    """Everything a prediction depends on, except the photo."""

    model: ModelChoice
    detail: Detail = "standard"  # of a network
    around: Percent | None = None  # the rectangle that a method without a network starts from; None: it guesses
    settings: tuple[tuple[str, int], ...] = ()  # the parameters of a method without a network, by name


def default_model(choices: dict[str, ModelChoice]) -> ModelChoice:
    """The favourite; else another checkpoint on this computer; else a method without a network."""
    here = [choice for choice in choices.values() if choice.kind == "checkpoint"]
    return choices.get(FAVOURITE) or next(iter(here), choices[next(iter(METHODS))])
