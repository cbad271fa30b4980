"""Images of samples as small JPEGs, with and without a mask."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from segcore.palette import overlay
from segcore.types import IGNORE, RGB, Colour, LabelMap

OPACITY = 0.6
WRONG: Colour = (230, 159, 0)
"""Orange, as in the mask viewer."""
_QUALITY = (cv2.IMWRITE_JPEG_QUALITY, 85)


def read_rgb(path: Path) -> RGB:
    """An image that the run wrote, as (H, W, 3).

    Raises:
        OSError: the file is missing or not an image.
    """
    return np.ascontiguousarray(_decoded(path, cv2.IMREAD_COLOR)[..., ::-1])


def read_ids(path: Path) -> LabelMap:
    """A PNG of class ids as (H, W).

    Raises:
        OSError: the file is missing or not an image.
    """
    return _decoded(path, cv2.IMREAD_GRAYSCALE)


def masked(rgb: RGB, labels: LabelMap, colours: Sequence[Colour]) -> RGB:
    """The image (H, W, 3) with the labels (H, W) overlaid in their colours."""
    return overlay(rgb, labels, colours, opacity=OPACITY)


def wrong_pixels(rgb: RGB, labels: LabelMap, truth: LabelMap) -> RGB:
    """The image in grey, with every incorrectly predicted pixel in orange; ignored pixels stay grey."""
    grey = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY) // 2 + 64
    shown = np.repeat(np.asarray(grey, np.uint8)[..., None], 3, axis=2)
    shown[(labels != truth) & (truth != IGNORE)] = WRONG
    return shown


def jpeg(rgb: RGB, longest: int | None = None) -> bytes:
    """An image (H, W, 3) as JPEG, downscaled to at most ``longest`` pixels on its longer side."""
    height, width = rgb.shape[:2]
    if longest is not None and max(height, width) > longest:
        scale = longest / max(height, width)
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        rgb = np.asarray(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA), np.uint8)
    done, data = cv2.imencode(".jpg", np.ascontiguousarray(rgb[..., ::-1]), _QUALITY)
    assert done, "pixels of this shape can always be encoded"
    return data.tobytes()


def _decoded(path: Path, flag: int) -> NDArray[np.uint8]:
    pixels = cv2.imdecode(np.frombuffer(path.read_bytes(), np.uint8), flag)
    if pixels is None:
        raise OSError(f"{path.name} is not an image")
    return np.asarray(pixels, np.uint8)
