"""Images of samples with a mask, or with their errors."""

from collections.abc import Sequence

import cv2
import numpy as np

from segcore.palette import overlay
from segcore.types import IGNORE, RGB, Colour, LabelMap

OPACITY = 0.6
WRONG: Colour = (230, 159, 0)
"""Orange, as in the mask viewer."""


def masked(rgb: RGB, labels: LabelMap, colours: Sequence[Colour]) -> RGB:
    """The image (H, W, 3) with the labels (H, W) overlaid in their colours."""
    return overlay(rgb, labels, colours, opacity=OPACITY)


def wrong_pixels(rgb: RGB, labels: LabelMap, truth: LabelMap) -> RGB:
    """The image in grey, with every incorrectly predicted pixel in orange; ignored pixels stay grey."""
    grey = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY) // 2 + 64
    shown = np.repeat(np.asarray(grey, np.uint8)[..., None], 3, axis=2)
    shown[(labels != truth) & (truth != IGNORE)] = WRONG
    return shown
