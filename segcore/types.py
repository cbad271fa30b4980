"""The words of the project as types: image, labels, prediction.

Coordinates are ``(row, col)``; sizes are ``(height, width)``; boxes are ``xyxy`` in pixels.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

IGNORE = 255
"""The label of pixels that count neither for training nor for any score."""

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
    """A photo that was read and turned upright.

    Attributes:
        image_id: sha256 (hex) of the bytes it was read from; names the image in caches and URLs.
        rgb: (H, W, 3) uint8.
        name: the file's name as given by the user. Show it as text, never as HTML or Markdown.
    """

    image_id: str
    rgb: RGB
    name: str


@dataclass(frozen=True)
class Prediction:
    """What a model says of one image, at the image's own size. Numpy only, safe to cache and to share.

    Attributes:
        labels: (H, W) uint8, the most probable class of each pixel.
        confidence: (H, W) float32 in 0 … 1, the probability of that class.
        runner_up: (H, W) uint8, the second most probable class.
        uncertainty: (H, W) float32 in 0 … 1, entropy of the class probabilities divided by log K.
        classes: names in the order of the ids.
        colours: one colour per class.
        seconds: time of the prediction, resizing included, reading the file not.
        working_size: (height, width) in pixels at which the network looked at the image.
        tiles: how many windows the image was cut into (1: seen whole).
        engine: what computed it, for people: "torch (cpu)", "OpenVINO (cpu)", "GrabCut" …
        asked: (H, W) float32 in 0 … 1, the probability of the labels that somebody asked about; else None.
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
