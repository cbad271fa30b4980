"""Polygons of a prediction: COCO and YOLO files with few vertices, and how many pixels the simplification changed.

Polygons run along the edges of pixels: pixel (row r, column c) is the square from (c, r) to (c + 1, r + 1). They are
simplified by Douglas and Peucker's method, so that no removed vertex lies farther than a tolerance from its polygon.

Neither COCO nor YOLO has polygons with holes. A hole is joined to its polygon by a seam, a line that is passed in both
directions and therefore encloses nothing: programs that fill polygons by the even-odd or by the non-zero rule leave the
hole open.
"""

import json
from collections.abc import Iterator, Mapping
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from segcore.inference.coco_files import Component, Mask, OnProgress, components, document, first_object
from segcore.pictures import encode_rgba
from segcore.types import Prediction

TOLERANCE_PX = 1.0
"""Maximum distance of a removed vertex from the simplified polygon, in pixels of the photo."""

MOST_LOST = 0.1
"""A component that would change by more than this share of its area keeps all its vertices: it is thin."""

TINY_PX = 64
"""A component with fewer pixels keeps all its vertices: there is little to simplify."""

Polygon = NDArray[np.int32]
"""(n, 2) vertices as x, y; the last is joined to the first."""


class Traced(NamedTuple):
    """The polygon of one connected component (8-neighbours) of a class."""

    class_id: int
    polygon: Polygon
    pixels: int  # of the component
    changed: int  # pixels that differ between the component and its polygon


def trace(
    prediction: Prediction, tolerance: float = TOLERANCE_PX, on_progress: OnProgress | None = None
) -> Iterator[Traced]:
    """Yield the components of every class but the background, in the order of `coco_json`."""
    for component in components(prediction, on_progress):
        yield _traced(component, tolerance)


def polygon_json(
    predictions: Mapping[str, Prediction], tolerance: float = TOLERANCE_PX, on_progress: OnProgress | None = None
) -> str:
    """Return the file of `coco_json` with polygons; ``info`` holds the tolerance and the number of changed pixels.

    Raises:
        ValueError: no prediction, or predictions with different classes.
    """
    pixels = changed = 0

    def segmentation(component: Component, _: tuple[int, int]) -> list[list[int]]:
        nonlocal pixels, changed
        traced = _traced(component, tolerance)
        pixels, changed = pixels + traced.pixels, changed + traced.changed
        return [traced.polygon.ravel().tolist()]

    contents = document(predictions, segmentation, on_progress)
    share = round(changed / pixels, 6) if pixels else 0.0
    contents["info"] |= {
        "tolerance_px": tolerance, "pixels": pixels, "pixels_changed": changed, "share_changed": share
    }  # fmt: skip
    return json.dumps(contents, ensure_ascii=False)


def yolo_text(prediction: Prediction, tolerance: float = TOLERANCE_PX, on_progress: OnProgress | None = None) -> str:
    """Return the labels of one photo for YOLO's segmentation: per component the class, then x y x y … as shares.

    Classes are numbered from 0 without the background, see `yolo_classes`.
    """
    height, width = prediction.labels.shape
    first = first_object(prediction.classes)
    lines = []
    for each in trace(prediction, tolerance, on_progress):
        shares = each.polygon / np.array([width, height])
        lines.append(" ".join([str(each.class_id - first), *(f"{share:.6f}" for share in shares.ravel())]))
    return "".join(f"{line}\n" for line in lines)


def yolo_classes(prediction: Prediction) -> str:
    """Return the names for `yolo_text` as YOLO's data.yaml has them."""
    first = first_object(prediction.classes)
    names = [f"  {index}: {json.dumps(name)}" for index, name in enumerate(prediction.classes[first:])]
    return "\n".join(["names:", *names]) + "\n"


def cutout_png(rgb: NDArray[np.uint8], mask: Mask) -> bytes:
    """Return a PNG of the photo (H, W, 3) that is transparent where ``mask`` (H, W) is False."""
    rgba = np.dstack([rgb, np.full(mask.shape, 255, np.uint8)])
    rgba[~mask] = 0  # the hidden colours too: they would be in the file for everyone
    return encode_rgba(rgba)


def fill(polygon: Polygon, size: tuple[int, int]) -> Mask:
    """Return (H, W), True where the centre of a pixel lies inside a polygon by the even-odd rule."""
    height, width = size
    start, end = polygon.astype(np.float64), np.roll(polygon, -1, axis=0).astype(np.float64)
    low, high = np.minimum(start[:, 1], end[:, 1]), np.maximum(start[:, 1], end[:, 1])
    first = np.ceil(low - 0.5).clip(0, height).astype(int)  # rows whose centre the edge crosses
    counts = np.ceil(high - 0.5).clip(0, height).astype(int) - first
    edges = np.repeat(np.arange(len(polygon)), counts)
    rows = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts) + first[edges]
    (x0, y0), (x1, y1) = start[edges].T, end[edges].T
    crossings = x0 + (rows + 0.5 - y0) * (x1 - x0) / (y1 - y0)
    columns = np.ceil(crossings - 0.5).clip(0, width).astype(int)
    flips = np.bincount(rows * (width + 1) + columns, minlength=height * (width + 1)).reshape(height, width + 1)
    return np.bitwise_xor.accumulate((flips[:, :width] & 1).astype(np.bool_), axis=1)


def _traced(component: Component, tolerance: float) -> Traced:
    polygon, changed = _simplified(component.mask, component.pixels, tolerance)
    offset = np.array([component.left, component.top], np.int32)
    return Traced(component.class_id, polygon + offset, component.pixels, changed)


def _simplified(component: Mask, pixels: int, tolerance: float) -> tuple[Polygon, int]:
    """The polygon of a component in its bounding box, and the number of pixels that differ from it."""
    rings = _rings(component)
    if pixels < TINY_PX or not tolerance:
        return _joined(rings), 0
    short = [np.asarray(cv2.approxPolyDP(ring[:, None], tolerance, closed=True)[:, 0], np.int32) for ring in rings]
    polygon = _joined([few if len(few) >= 3 else ring for few, ring in zip(short, rings, strict=True)])
    changed = int(np.count_nonzero(fill(polygon, component.shape) != component))
    if changed > MOST_LOST * pixels:
        return _joined(rings), 0
    return polygon, changed


def _rings(component: Mask) -> list[Polygon]:
    """The boundary of a component, the outer ring first, then its holes, along the edges of pixels.

    OpenCV's contours run through the centres of pixels. In a mask upsampled by 2, the contour has a point in every
    quarter of a pixel at the boundary, and each quarter corresponds to one corner of the pixel: (v + 1) // 2.
    """
    upsampled = component.view(np.uint8).repeat(2, axis=0).repeat(2, axis=1)
    contours, hierarchy = cv2.findContours(upsampled, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    outer_first = np.argsort(hierarchy[0, :, 3] >= 0, kind="stable")
    return [_corners((contours[index].reshape(-1, 2) + 1) // 2) for index in outer_first]


def _corners(points: Polygon) -> Polygon:
    """Only the vertices at which the boundary turns."""
    points = points[(points != np.roll(points, 1, axis=0)).any(axis=1)]
    before, after = points - np.roll(points, 1, axis=0), np.roll(points, -1, axis=0) - points
    return np.asarray(points[before[:, 0] * after[:, 1] != before[:, 1] * after[:, 0]], np.int32)


def _joined(rings: list[Polygon]) -> Polygon:
    """One polygon: each hole is joined to its nearest vertex."""
    polygon, *holes = rings
    for hole in holes:
        gaps = ((polygon - hole[0]) ** 2).sum(axis=1)
        at = int(gaps.argmin())
        near = int(((hole - polygon[at]) ** 2).sum(axis=1).argmin())
        there_and_back = np.concatenate([np.roll(hole, -near, axis=0), hole[near : near + 1], polygon[at : at + 1]])
        polygon = np.concatenate([polygon[: at + 1], there_and_back, polygon[at + 1 :]])
    return polygon
