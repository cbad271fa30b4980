"""Files of a Prediction: PNG images, CSV, and the table of its classes."""

import csv
import io
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from segcore.palette import colourise, overlay
from segcore.pictures import encode, encode_palette
from segcore.types import RGB, Colour, LabelMap, Prediction

_RESERVED_ON_WINDOWS = frozenset(
    {"con", "prn", "aux", "nul", *(f"{port}{digit}" for port in ("com", "lpt") for digit in range(1, 10))}
)
_LONGEST_STEM = 80

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class ClassRow:
    """One class in a prediction.

    ``share`` is of all pixels of the image, 0 … 1; ``components`` is the number of connected components (8-neighbours);
    ``mean_confidence`` is over its pixels, None without any.
    """

    class_id: int
    name: str
    colour: Colour
    pixels: int
    share: float
    components: int
    mean_confidence: float | None


def class_table(prediction: Prediction) -> list[ClassRow]:
    """Return one row per class in the order of the ids, absent classes included."""
    labels = prediction.labels
    pixels = np.bincount(labels.ravel(), minlength=256)
    confidence = np.bincount(labels.ravel(), weights=prediction.confidence.ravel(), minlength=256)
    rows = []
    for class_id, (name, colour) in enumerate(zip(prediction.classes, prediction.colours, strict=True)):
        count = int(pixels[class_id])
        rows.append(
            ClassRow(
                class_id=class_id,
                name=name,
                colour=colour,
                pixels=count,
                share=count / labels.size,
                components=_count_components(labels == class_id) if count else 0,
                mean_confidence=float(confidence[class_id] / count) if count else None,
            )
        )
    return rows


def full_labels(prediction: Prediction, size: tuple[int, int] | None) -> LabelMap:
    """Return the class ids (H, W) at the ``size`` of a file whose photo was shrunk; None: as they are."""
    if size is None or size == prediction.labels.shape:
        return prediction.labels
    return _resized(prediction.labels, size)


def full_prediction(prediction: Prediction, size: tuple[int, int] | None) -> Prediction:
    """Return a prediction whose files have the ``size`` of `full_labels`.

    Labels and confidence have that size. The other maps keep theirs: no file of this package needs them at that size,
    which can be 200 megapixels.
    """
    if size is None or size == prediction.labels.shape:
        return prediction
    confidence = cv2.resize(prediction.confidence, size[::-1], interpolation=cv2.INTER_NEAREST_EXACT)
    return replace(prediction, labels=_resized(prediction.labels, size), confidence=np.asarray(confidence))


def _resized(labels: LabelMap, size: tuple[int, int]) -> LabelMap:
    """Return class ids (H, W) at another (height, width); nearest-neighbour, so that no class is mixed with another."""
    return np.asarray(cv2.resize(labels, size[::-1], interpolation=cv2.INTER_NEAREST_EXACT), np.uint8)


def label_png(prediction: Prediction, size: tuple[int, int] | None = None) -> bytes:
    """Return the class ids as an 8-bit palette PNG: programs read ids, image viewers show colours.

    ``size`` as in `full_labels`.
    """
    return encode_palette(full_labels(prediction, size), prediction.colours)


def colour_png(prediction: Prediction, size: tuple[int, int] | None = None) -> bytes:
    """Return a PNG with every pixel in the colour of its class; ``size`` as in `full_labels`."""
    return encode(colourise(full_labels(prediction, size), prediction.colours))


def overlay_png(rgb: RGB, prediction: Prediction, *, opacity: float = 0.5) -> bytes:
    """Return a PNG of the photo with its mask overlaid, see ``segcore.palette.overlay``."""
    return encode(overlay(rgb, prediction.labels, prediction.colours, opacity=opacity))


def maps_png(prediction: Prediction) -> bytes:
    """Return three maps in one PNG for the viewer: R class id, G confidence 0 … 255, B runner-up id."""
    return encode(np.dstack([prediction.labels, _bytes(prediction.confidence), prediction.runner_up]))


def uncertainty_png(prediction: Prediction) -> bytes:
    """Return the entropy of the class probabilities as a grey PNG: black certain, white uniform."""
    return encode(_bytes(prediction.uncertainty))


def csv_table(predictions: Mapping[str, Prediction]) -> str:
    """Return the class tables of several images as CSV, one row per image and class.

    A name that starts like a formula gets an apostrophe, so that spreadsheets do not evaluate it.
    """
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(["image", "class_id", "class", "pixels", "share", "components", "mean_confidence"])
    for name, prediction in predictions.items():
        for row in class_table(prediction):
            confidence = "" if row.mean_confidence is None else f"{row.mean_confidence:.4f}"
            share = f"{row.share:.6f}"
            texts = (_no_formula(name), _no_formula(row.name))
            writer.writerow([texts[0], row.class_id, texts[1], row.pixels, share, row.components, confidence])
    return file.getvalue()


def safe_stem(name: str) -> str:
    """Return a user's file name without folder and suffix, safe on every system.

    Letters of all scripts stay; special characters become "_".
    """
    stem = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1]
    stem = re.sub(r"\.[^.]*$", "", stem)
    stem = re.sub(r"[^\w.-]+", "_", stem).strip("._-")[:_LONGEST_STEM].rstrip("._-")
    if not stem:
        return "image"
    return f"{stem}_" if stem.split(".")[0].lower() in _RESERVED_ON_WINDOWS else stem


def _no_formula(text: str) -> str:
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


def _bytes(share: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Map 0 … 1 to 0 … 255."""
    return np.asarray(np.rint(share * 255), np.uint8)


def _count_components(mask: Mask) -> int:
    return int(cv2.connectedComponents(mask.view(np.uint8), connectivity=8)[0]) - 1  # label 0 is the rest
