"""A prediction in the mask viewer: photo, masks and ground truth become images that the viewer reads by address.

The masks travel as one PNG: class in red, confidence in green, runner-up in blue; the viewer decodes it byte by byte.
Very large photos are shown smaller; the files to download keep the photo's own size.
"""

import hashlib
from dataclasses import replace
from typing import TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from segcore.data import resize_image
from segcore.data.transforms import working_size
from segcore.inference import maps_png, uncertainty_png
from segcore.pictures import encode
from segcore.types import Image, LabelMap, Prediction
from ui.blobs import publish
from ui.components import viewer
from ui.components.viewer import Layers, Pixel

_Number = TypeVar("_Number", np.uint8, np.float32)

MAX_SIDE = 2048
"""Longer sides are shown at this many pixels: no screen shows more, and decoding stays under a second."""


def show(
    image: Image,
    prediction: Prediction,
    *,
    name: str,
    title: str,
    key: str,
    ground_truth: LabelMap | None = None,
    max_height_px: int = 620,
    ask_pixel: bool = False,
    note: str = "",
) -> Pixel | None:
    """Draw the viewer for one prediction of a photo, and return the pixel that was clicked just now, or None.

    The name of a prediction is that of `cache.key_of`: the same name always means the same content. The ground truth
    is (H, W) ids, 255 = ignore. The other arguments are as for `viewer.show`.
    """
    return viewer.show(
        _layers(image, prediction, name, ground_truth),
        prediction.classes,
        prediction.colours,
        title=title,
        max_height_px=max_height_px,
        ask_pixel=ask_pixel,
        note=note,
        key=key,
    )


def photo_url(image: Image) -> str:
    """The address of a photo as the viewer shows it."""
    size = working_size(image.rgb.shape[:2], min(MAX_SIDE, max(image.rgb.shape[:2])))
    name = f"photo {image.image_id} {image.notes}"  # one photo may be scaled in several ways
    return publish(name, lambda: encode(resize_image(image.rgb, size), "jpg"), "image/jpeg")


def _layers(image: Image, prediction: Prediction, name: str, truth: LabelMap | None) -> Layers:
    shape = prediction.labels.shape
    height, width = size = working_size(shape, min(MAX_SIDE, max(shape)))
    truth_url = None
    if truth is not None:
        digest = hashlib.sha256(str(truth.shape).encode() + truth.tobytes()).hexdigest()
        truth_url = publish(f"truth {digest}", lambda: encode(_nearest(truth, size)), "image/png")
    return Layers(
        width,
        height,
        image=photo_url(image),
        maps=publish(f"maps {name}", lambda: maps_png(_shrunk(prediction, size)), "image/png"),
        uncertainty=publish(f"uncertainty {name}", lambda: uncertainty_png(_shrunk(prediction, size)), "image/png"),
        truth=truth_url,
    )


def _nearest(values: NDArray[_Number], size: tuple[int, int]) -> NDArray[_Number]:
    """Resized without mixing classes: half way between class 1 and class 3 is not class 2."""
    if values.shape == size:
        return values
    return np.asarray(cv2.resize(values, size[::-1], interpolation=cv2.INTER_NEAREST), values.dtype)


def _shrunk(prediction: Prediction, size: tuple[int, int]) -> Prediction:
    """All maps at the size that is shown; nearest-neighbour for all, so that a confidence stays with its label."""
    return replace(
        prediction,
        labels=_nearest(prediction.labels, size),
        confidence=_nearest(prediction.confidence, size),
        runner_up=_nearest(prediction.runner_up, size),
        uncertainty=_nearest(prediction.uncertainty, size),
    )
