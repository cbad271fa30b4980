"""One annotation of a COCO JSON: its mask, or why it makes none."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import numpy as np

from segcore.data.formats.polygons import Mask, decode_rle, fill_polygons
from segcore.errors import BadDataset, Message, joined

Fault = Literal["boxes", "four_numbers", "few_corners", "image", "category"]
"""Why an annotation is left out."""


def fault_of(segmentation: Any) -> Fault | None:
    """Why a segmentation is left out; None where it makes a mask or is malformed, which `raster` reports."""
    if not segmentation:
        return "boxes"
    if not isinstance(segmentation, list):
        return None
    parts = segmentation if isinstance(segmentation[0], list) else [segmentation]
    if all(isinstance(part, list) and len(part) < 6 for part in parts):
        lengths = {len(part) for part in parts}
        return "boxes" if lengths == {0} else "four_numbers" if 4 in lengths else "few_corners"
    return None


def _reasons(faults: Mapping[Fault, int], total: int) -> list[Message]:
    texts: dict[Fault, Message] = {
        "boxes": Message(
            "{count} of {total} annotations are boxes without polygons", count=faults["boxes"], total=total
        ),
        "four_numbers": Message(
            "{count} of {total} annotations have a segmentation of 4 numbers, which is a box or a line and no polygon",
            count=faults["four_numbers"],
            total=total,
        ),
        "few_corners": Message(
            "{count} of {total} annotations have fewer than three corners", count=faults["few_corners"], total=total
        ),
        "image": Message(
            "{count} of {total} annotations belong to images that the file does not list",
            count=faults["image"],
            total=total,
        ),
        "category": Message(
            "{count} of {total} annotations belong to categories that the file does not list",
            count=faults["category"],
            total=total,
        ),
    }
    return [texts[fault] for fault in texts if faults[fault]]


def left_out(path: Path, faults: Mapping[Fault, int], total: int) -> list[Message]:
    """Notes about the annotations that were left out, and about a file without annotations."""
    notes = [
        Message("{path}: {reason}; they were left out.", path=path.name, reason=reason)
        for reason in _reasons(faults, total)
    ]
    if not total:
        notes.append(Message("{path} holds no annotation: every pixel of its photos is background.", path=path.name))
    return notes


def refuse_nothing_left(path: Path, faults: Mapping[Fault, int], crowds: int, total: int) -> None:
    """Raise BadDataset where a file has annotations but no single object with a mask."""
    reasons = _reasons(faults, total)
    if not total or sum(faults.values()) + crowds < total:
        return
    if crowds:
        reasons.append(
            Message(
                "{count} of {total} annotations are crowds (iscrowd 1), which are ignored", count=crowds, total=total
            )
        )
    raise BadDataset(
        "{path} has no object with a mask, so there is nothing to learn or to measure: {reasons}. Export again with "
        "polygons or masks (segmentation), from a tool in which objects are annotated by their contour.",
        path=path,
        reasons=joined(reasons, "; "),
    )


def raster(segmentation: Any, size: tuple[int, int]) -> Mask:
    """(H, W) bool from polygons [[x, y, x, y …], …] or run lengths.

    Raises:
        BadDataset: neither, or of another size; corners that are no finite numbers, or further outside the image than
            the image is large.
    """
    if isinstance(segmentation, dict):
        return decode_rle(segmentation, size)
    try:
        polygons = [np.asarray(polygon, np.float64).reshape(-1, 2) for polygon in segmentation]
    except (TypeError, ValueError) as error:
        raise BadDataset("A polygon is no list of x, y, x, y …: {polygon}", polygon=str(segmentation)[:60]) from error
    for corners in polygons:
        _refuse_wild_corners(corners, size)
    return fill_polygons([corners for corners in polygons if len(corners) >= 3], size)


def _refuse_wild_corners(corners: np.ndarray, size: tuple[int, int]) -> None:
    limits = np.array(size[::-1], np.float64)
    wrong = corners[~((corners >= -limits) & (corners <= 2 * limits)).all(axis=1)]  # NaN compares false
    if not len(wrong):
        return
    x, y = wrong[0].tolist()
    if not np.isfinite(wrong[0]).all():
        raise BadDataset("A corner of the polygon is ({x}, {y}); coordinates are numbers. Draw it again.", x=x, y=y)
    raise BadDataset(
        "A corner of the polygon is at ({x:g}, {y:g}), far outside the image of {width} × {height} pixels. Draw it "
        "again, or use the photo that was annotated.",
        x=x,
        y=y,
        width=size[1],
        height=size[0],
    )
