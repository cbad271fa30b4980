"""Files of a Prediction: PNG images, COCO JSON, CSV, and the table of its classes."""

import csv
import io
import json
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from segcore.palette import background_id, colourise, overlay
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
    return np.asarray(cv2.resize(prediction.labels, size[::-1], interpolation=cv2.INTER_NEAREST_EXACT), np.uint8)


def label_png(prediction: Prediction, size: tuple[int, int] | None = None) -> bytes:
    """Return the class ids as an 8-bit palette PNG: programs read ids, image viewers show colours.

    ``size`` as in `full_labels`.
    """
    return encode_palette(full_labels(prediction, size), prediction.colours)


def colour_png(prediction: Prediction) -> bytes:
    """Return a PNG with every pixel in the colour of its class."""
    return encode(colourise(prediction.labels, prediction.colours))


def overlay_png(rgb: RGB, prediction: Prediction, *, opacity: float = 0.5) -> bytes:
    """Return a PNG of the photo with its mask overlaid, see ``segcore.palette.overlay``."""
    return encode(overlay(rgb, prediction.labels, prediction.colours, opacity=opacity))


def maps_png(prediction: Prediction) -> bytes:
    """Return three maps in one PNG for the viewer: R class id, G confidence 0 … 255, B runner-up id."""
    return encode(np.dstack([prediction.labels, _bytes(prediction.confidence), prediction.runner_up]))


def uncertainty_png(prediction: Prediction) -> bytes:
    """Return the entropy of the class probabilities as a grey PNG: black certain, white uniform."""
    return encode(_bytes(prediction.uncertainty))


def coco_json(predictions: Mapping[str, Prediction], *, form: Literal["rle", "polygons"] = "rle") -> str:
    """Return the connected components of every class as COCO annotations (https://cocodataset.org/#format-data).

    A category has the id of its class in the label map. A first class that is the background has neither category nor
    annotations. ``score`` is the mean confidence of a component.

    Args:
        predictions: file name → prediction; all with the same classes.
        form: "rle": run lengths, exact for every shape. "polygons": along the edges of the pixels, exact as well; as
            COCO's polygons cannot have holes, components with holes stay run lengths.

    Raises:
        ValueError: no prediction, or predictions with different classes.
    """
    class_lists = {prediction.classes for prediction in predictions.values()}
    if len(class_lists) != 1:
        raise ValueError(f"one COCO file has one list of classes, not {len(class_lists)}")
    (classes,) = class_lists
    first = 0 if background_id(classes) is None else 1
    images: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    for image_id, (name, prediction) in enumerate(predictions.items(), start=1):
        height, width = prediction.labels.shape
        images.append({"id": image_id, "file_name": name, "width": width, "height": height})
        for class_id in range(first, len(classes)):
            for component in _components(prediction.labels == class_id):
                annotations.append(
                    {
                        "id": len(annotations) + 1,  # pycocotools takes 0 for "no match"
                        "image_id": image_id,
                        "category_id": class_id,
                        "bbox": [component.left, component.top, component.mask.shape[1], component.mask.shape[0]],
                        "area": int(np.count_nonzero(component.mask)),
                        "iscrowd": 0,
                        "segmentation": _segmentation(component, (height, width), form),
                        "score": round(float(component.crop(prediction.confidence)[component.mask].mean()), 4),
                    }
                )
    document = {
        "info": {"description": "Predicted by segcore"},
        "images": images,
        "categories": [{"id": class_id, "name": classes[class_id]} for class_id in range(first, len(classes))],
        "annotations": annotations,
    }
    return json.dumps(document, ensure_ascii=False)


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


class _Component(NamedTuple):
    """One connected component, cropped to its bounding box."""

    top: int
    left: int
    mask: Mask

    def crop(self, image: NDArray[Any]) -> NDArray[Any]:
        """Return the part of an image in the bounding box."""
        height, width = self.mask.shape
        return image[self.top : self.top + height, self.left : self.left + width]


def _components(mask: Mask) -> Iterator[_Component]:
    count, ids, stats, _ = cv2.connectedComponentsWithStats(mask.view(np.uint8), connectivity=8)
    for index in range(1, count):
        left, top, width, height = (int(number) for number in stats[index, :4])
        yield _Component(top, left, ids[top : top + height, left : left + width] == index)


def _segmentation(component: _Component, size: tuple[int, int], form: str) -> dict[str, Any] | list[list[int]]:
    if form == "polygons":
        polygon = _polygon_without_holes(component)
        if polygon is not None:
            return [polygon]
    return {"size": list(size), "counts": _run_lengths(component, size)}


def _run_lengths(component: _Component, size: tuple[int, int]) -> list[int]:
    """Return COCO's run lengths: down the columns, left to right, alternating outside and inside, outside first."""
    height, width = size
    edges = np.diff(np.pad(component.mask.T.astype(np.int8), ((0, 0), (1, 1))), axis=1)  # (columns, rows + 1)
    columns, starts = np.nonzero(edges == 1)
    _, ends = np.nonzero(edges == -1)  # in the same order, each after its start
    offset = (columns + component.left) * height + component.top
    borders = np.stack([starts + offset, ends + offset], axis=1).ravel()
    # A run that reaches the last row continues in the next column if that starts in the first row: no border there.
    same = np.flatnonzero(borders[1:] == borders[:-1])
    borders = np.delete(borders, np.concatenate([same, same + 1]))
    counts: list[int] = np.diff(np.concatenate([[0], borders, [height * width]])).tolist()
    return counts[:-1] if counts[-1] == 0 else counts


def _polygon_without_holes(component: _Component) -> list[int] | None:
    """Return the corners of the contour as x, y, x, y, … along the edges of pixels; None if there are holes.

    OpenCV's contours run through the centres of pixels. In a mask upsampled by 2, the contour has a point in every
    quarter of a pixel at the boundary, and each quarter corresponds to one corner of the pixel: (v + 1) // 2.
    """
    upsampled = component.mask.view(np.uint8).repeat(2, axis=0).repeat(2, axis=1)
    contours, _ = cv2.findContours(upsampled, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    if len(contours) != 1:
        return None
    points = (contours[0].reshape(-1, 2) + 1) // 2  # (n, 2) as x, y
    points = points[(points != np.roll(points, 1, axis=0)).any(axis=1)]  # a corner in two quarters is one point
    before, after = points - np.roll(points, 1, axis=0), np.roll(points, -1, axis=0) - points
    turns = before[:, 0] * after[:, 1] - before[:, 1] * after[:, 0]
    corners = points[turns != 0] + (component.left, component.top)
    polygon: list[int] = corners.ravel().tolist()
    return polygon
