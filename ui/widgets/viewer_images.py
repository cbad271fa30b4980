"""Photo, mask and truth as pictures that the viewer reads by address.

The mask travels as one PNG: class in red, confidence in green, runner-up in blue; the viewer decodes it byte by byte.
Very large photos are shown smaller; the files to download keep the photo's own size.
"""

import hashlib
from dataclasses import replace
from typing import NamedTuple, TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from segcore.inference import maps_png, uncertainty_png
from segcore.pictures import encode
from segcore.types import Image, LabelMap, Prediction
from ui.api.routes import publish

_Number = TypeVar("_Number", np.uint8, np.float32)

MAX_SIDE = 2048
"""Longer sides are shown at this many pixels: no screen shows more, and decoding stays under a second."""


class Pictures(NamedTuple):
    """Addresses of everything the viewer shows, and the size that all of them have, in pixels."""

    image: str
    maps: str
    uncertainty: str
    truth: str | None
    width: int
    height: int


def pictures(image: Image, prediction: Prediction, key: str, truth: LabelMap | None) -> Pictures:
    """Publish the pictures of one prediction.

    Args:
        image: the photo.
        prediction: what a model says of it.
        key: names photo and prediction: the same key always means the same content.
        truth: (H, W) ids, 255 = ignore, or None.
    """
    height, width = _shown_size(*prediction.labels.shape)
    return Pictures(
        image=publish(
            f"photo {image.image_id}", lambda: encode(_smaller(image.rgb, height, width), "jpg"), "image/jpeg"
        ),
        maps=publish(f"maps {key}", lambda: maps_png(_shrunk(prediction, height, width)), "image/png"),
        uncertainty=publish(
            f"uncertainty {key}", lambda: uncertainty_png(_shrunk(prediction, height, width)), "image/png"
        ),
        truth=None
        if truth is None
        else publish(f"truth {_sha256(truth)}", lambda: encode(_nearest(truth, height, width)), "image/png"),
        width=width,
        height=height,
    )


def _sha256(ids: LabelMap) -> str:
    return hashlib.sha256(str(ids.shape).encode() + ids.tobytes()).hexdigest()


def _shown_size(height: int, width: int) -> tuple[int, int]:
    scale = min(1.0, MAX_SIDE / max(height, width))
    return max(1, round(height * scale)), max(1, round(width * scale))


def _smaller(rgb: NDArray[np.uint8], height: int, width: int) -> NDArray[np.uint8]:
    if rgb.shape[:2] == (height, width):
        return rgb
    return np.asarray(cv2.resize(rgb, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


def _nearest(values: NDArray[_Number], height: int, width: int) -> NDArray[_Number]:
    """Smaller without mixing: half way between class 1 and class 3 is not class 2."""
    if values.shape[:2] == (height, width):
        return values
    return np.asarray(cv2.resize(values, (width, height), interpolation=cv2.INTER_NEAREST), values.dtype)


def _shrunk(prediction: Prediction, height: int, width: int) -> Prediction:
    """All maps at the size that is shown. Nearest for all of them, so that a confidence stays with its label."""
    return replace(
        prediction,
        labels=_nearest(prediction.labels, height, width),
        confidence=_nearest(prediction.confidence, height, width),
        runner_up=_nearest(prediction.runner_up, height, width),
        uncertainty=_nearest(prediction.uncertainty, height, width),
    )
