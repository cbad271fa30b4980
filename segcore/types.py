"""The basic types: images, labels, predictions.

Coordinates are ``(row, col)``; sizes are ``(height, width)``; boxes are ``xyxy`` in pixels.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from segcore.errors import Message

IGNORE = 255
"""The label of pixels that are excluded from training and from every score."""

Pixels = NDArray[np.uint8]
"""(H, W, C) uint8, an image of any number of channels."""

RGB = NDArray[np.uint8]
"""(H, W, 3) uint8, red green blue."""

LabelMap = NDArray[np.uint8]
"""(H, W) uint8 class ids, 0 … K-1, or IGNORE."""

Colour = tuple[int, int, int]
"""Red, green, blue, each 0 … 255."""


@dataclass(frozen=True)
class Image:
    """A photo, rotated upright, (H, W, 3) uint8.

    ``image_id`` is the sha256 (hex) of the file. ``name`` is of the user's file: show it as text, never as HTML or
    Markdown. ``notes`` state what was done to it while it was read: scaled, shrunk, converted. ``full_size`` is the
    (height, width) of the file, rotated upright; None where it is that of ``rgb``.
    """

    image_id: str
    rgb: RGB
    name: str
    notes: tuple[Message, ...] = ()
    full_size: tuple[int, int] | None = None


@dataclass(frozen=True)
class Prediction:
    """The prediction of a model for one image, at the image's size. Numpy only, safe to cache and to share."""

    labels: LabelMap  # (H, W) uint8, the most probable class of each pixel
    confidence: NDArray[np.float32]  # (H, W) in 0 … 1, the probability of that class
    runner_up: LabelMap  # (H, W) uint8, the second most probable class
    uncertainty: NDArray[np.float32]  # (H, W) in 0 … 1, entropy of the class probabilities divided by log K
    classes: tuple[str, ...]  # names in the order of the ids
    colours: tuple[Colour, ...]
    seconds: float  # with resizing, without reading the file
    working_size: tuple[int, int]  # (height, width) of the network's input, in pixels
    tiles: int  # number of windows that were predicted (1: the whole image)
    engine: str  # for people: "torch (cpu)", "OpenVINO (cpu)", "GrabCut" …
    asked: NDArray[np.float32] | None = None  # (H, W), probability of labels the caller passed
