"""What can be chosen on the Segment page, as plain values: they are keys of caches and stand in addresses."""

from dataclasses import dataclass
from typing import Literal

from segcore.checkpoint import CheckpointRef
from segcore.classical import METHODS

Detail = Literal["fast", "standard", "fine", "full"]
DETAILS: tuple[Detail, ...] = ("fast", "standard", "fine", "full")
"""How closely the network looks: half, once and twice the size it was trained for, or every pixel, in tiles."""

Percent = tuple[int, int, int, int]
"""A rectangle: top, left, bottom, right in percent of the photo's height and width, so that it fits any photo."""
MIDDLE: Percent = (4, 4, 96, 96)

CLASSICAL = tuple(METHODS)
FAVOURITE = "everyday"
"""The checkpoint that is chosen before anybody chooses."""


@dataclass(frozen=True)
class ModelChoice:
    """What shall segment: a checkpoint that is here, one that its publisher has, or a method without a network.

    Attributes:
        name: in the address; unique among all choices.
        kind: which of the three.
        ref: the checkpoint's file; None while it was not fetched, and for a method without a network.
    """

    name: str
    kind: Literal["checkpoint", "published", "classical"]
    ref: CheckpointRef | None = None


@dataclass(frozen=True)
class SegmentRequest:
    """Everything a prediction depends on, the photo aside.

    Attributes:
        model: what shall segment.
        detail: how closely a network looks.
        around: the rectangle around the object that a method without a network starts from; None: it guesses.
        settings: the parameters of a method without a network, by name.
    """

    model: ModelChoice
    detail: Detail = "standard"
    around: Percent | None = None
    settings: tuple[tuple[str, int], ...] = ()


def default_model(choices: dict[str, ModelChoice]) -> ModelChoice:
    """The favourite; else another checkpoint that is here; else the method that needs none."""
    here = [choice for choice in choices.values() if choice.kind == "checkpoint"]
    return choices.get(FAVOURITE) or next(iter(here), choices[CLASSICAL[0]])
