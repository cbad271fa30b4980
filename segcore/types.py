"""The basic types: images, labels, predictions.

Coordinates are ``(row, col)``; sizes are ``(height, width)``; boxes are ``xyxy`` in pixels.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

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
    Markdown.
    """

    image_id: str
    rgb: RGB
    name: str


@dataclass(frozen=True)
class Prediction:
    """The prediction of a model for one image, at the image's size. Numpy only, safe to cache and to share.

    Attributes:
        labels: (H, W) uint8, the most probable class of each pixel.
        confidence: (H, W) float32 in 0 … 1, the probability of that class.
        runner_up: (H, W) uint8, the second most probable class.
        uncertainty: (H, W) float32 in 0 … 1, entropy of the class probabilities divided by log K.
        classes: names in the order of the ids.
        colours: one colour per class.
        seconds: time of the prediction with resizing, without reading the file.
        working_size: (height, width) of the network's input, in pixels.
        tiles: number of windows that were predicted (1: the whole image).
        engine: name of the engine, for people: "torch (cpu)", "OpenVINO (cpu)", "GrabCut" …
        asked: (H, W) float32 in 0 … 1, the probability of the labels that the caller passed; None without them.
    """

    labels: LabelMap
    confidence: NDArray[np.float32]
    runner_up: LabelMap
    uncertainty: NDArray[np.float32]
    classes: tuple[str, ...]
    colours: tuple[Colour, ...]
    seconds: float
    working_size: tuple[int, int]
    tiles: int
    engine: str
    asked: NDArray[np.float32] | None = None
