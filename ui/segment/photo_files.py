"""The files of one photo: how each kind is made, at the photo's own size, with its progress."""

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from segcore.data import decode
from segcore.inference import (
    TOLERANCE_PX,
    coco_json,
    colour_png,
    csv_table,
    cutout_png,
    full_labels,
    full_prediction,
    label_png,
    overlay_png,
    polygon_json,
    yolo_text,
)
from segcore.types import Image, Prediction
from ui.widgets.background import Report

Make = Callable[[Image, Prediction, Report], str | bytes]


class FileKind(NamedTuple):
    """One kind of file. Photos with more than ``large_px`` pixels have it made in the background."""

    ending: str
    mime: str
    make: Make
    large_px: int = 4_000_000


_QUICK = 20_000_000
"""``large_px`` of files that are written at a high speed."""


def size_of(image: Image) -> tuple[int, int]:
    """The (height, width) of a photo's file, which is that of its downloads; it may have been shrunk on reading."""
    return image.full_size or (image.rgb.shape[0], image.rgb.shape[1])


def is_large(image: Image, large_px: int) -> bool:
    """Whether a file with this limit takes more than a second or two for a photo."""
    return math.prod(size_of(image)) > large_px


def tolerance(image: Image) -> float:
    """The tolerance of polygons in pixels of the photo's file; in a shrunk photo, one pixel stands for more."""
    return float(TOLERANCE_PX * max(size_of(image)) / max(image.rgb.shape[:2]))


def _overlay(image: Image, prediction: Prediction, report: Report) -> bytes:
    report(0, 1)
    return overlay_png(image.rgb, prediction)  # at the size that was read: at the full size it takes minutes


def _rle(image: Image, prediction: Prediction, report: Report) -> str:
    return coco_json({image.name: full_prediction(prediction, image.full_size)}, report)


def _polygons(image: Image, prediction: Prediction, report: Report) -> str:
    return polygon_json({image.name: full_prediction(prediction, image.full_size)}, tolerance(image), report)


def _yolo(_: Image, prediction: Prediction, report: Report) -> str:
    return yolo_text(prediction, on_progress=report)  # in shares of the photo, whatever its size


def _table(image: Image, prediction: Prediction, _: Report) -> str:
    return csv_table({image.name: full_prediction(prediction, image.full_size)})


FILES: dict[str, FileKind] = {
    "labels": FileKind("_labels.png", "image/png", lambda image, p, _: label_png(p, image.full_size), _QUICK),
    "colours": FileKind("_colours.png", "image/png", lambda image, p, _: colour_png(p, image.full_size), _QUICK),
    "overlay": FileKind("_overlay.png", "image/png", _overlay),
    "rle": FileKind("_coco.json", "application/json", _rle),
    "polygons": FileKind("_polygons.json", "application/json", _polygons),
    "yolo": FileKind("_yolo.txt", "text/plain", _yolo),
    "table": FileKind("_classes.csv", "text/csv", _table, _QUICK),
}
"""By the name of the text on the button."""


def cutout(image: Image, data: bytes | None, prediction: Prediction, kept: list[int], report: Report) -> bytes:
    """The photo as PNG, transparent but for the classes ``kept``. ``data`` is the file of a photo that was shrunk."""
    report(0, 3)
    is_shrunk = image.full_size is not None and data is not None
    rgb = decode(data, image.name) if is_shrunk and data is not None else image.rgb
    report(1, 3)
    mask = np.isin(full_labels(prediction, rgb.shape[:2]), kept)
    report(2, 3)
    return cutout_png(rgb, mask)
