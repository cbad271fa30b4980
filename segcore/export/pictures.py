"""Samples of a run as small JPEGs: the photo, and the photo with a mask over it."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from segcore.palette import overlay
from segcore.pictures import thumbnail
from segcore.types import IGNORE, RGB, Colour, LabelMap

OPACITY = 0.6
WRONG: Colour = (230, 159, 0)
"""The mask viewer draws wrong pixels in the same orange."""


def read_rgb(path: Path) -> RGB:
    """A picture of the run's own making as (H, W, 3).

    Raises:
        OSError: it is missing or no picture.
    """
    return np.ascontiguousarray(_decoded(path, cv2.IMREAD_COLOR)[..., ::-1])


def read_ids(path: Path) -> LabelMap:
    """A PNG of class ids as (H, W).

    Raises:
        OSError: it is missing or no picture.
    """
    return _decoded(path, cv2.IMREAD_GRAYSCALE)


def masked(rgb: RGB, labels: LabelMap, colours: Sequence[Colour]) -> RGB:
    """The photo (H, W, 3) with the labels (H, W) laid over it in their colours."""
    return overlay(rgb, labels, colours, opacity=OPACITY)


def wrong_pixels(rgb: RGB, labels: LabelMap, truth: LabelMap) -> RGB:
    """The photo in grey, with every labelled pixel that was not found right in orange."""
    grey = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY) // 2 + 64
    shown = np.repeat(np.asarray(grey, np.uint8)[..., None], 3, axis=2)
    shown[(labels != truth) & (truth != IGNORE)] = WRONG
    return shown


def jpeg(rgb: RGB, longest: int | None = None) -> bytes:
    """A JPEG of a picture (H, W, 3), made smaller where its longer side has more than ``longest`` pixels."""
    return thumbnail(rgb, longest or max(rgb.shape[:2]))


def _decoded(path: Path, flag: int) -> NDArray[np.uint8]:
    pixels = cv2.imdecode(np.frombuffer(path.read_bytes(), np.uint8), flag)
    if pixels is None:
        raise OSError(f"{path.name} is no picture")
    return np.asarray(pixels, np.uint8)
