"""Paired comparison of two evaluations of the same images: which is better, where, and with what confidence.

The difference is taken per image, so that what makes an image hard for both cancels out; a small but consistent
advantage shows that two separate intervals would hide (``segcore.metrics.bootstrap``).
"""

import math
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segcore.errors import BadConfig
from segcore.evaluation.report import EvaluationReport
from segcore.metrics import Difference, ImageCounts, paired_difference
from segcore.metrics.nan_ratios import iou_of, means, without_nan

_TIE = 1e-6


@dataclass(frozen=True)
class ImageDifference:
    """The mIoU of one sample in both reports, and one - other; ``index`` is the sample's in its dataset."""

    name: str
    index: int
    one: float
    other: float
    difference: float


@dataclass(frozen=True)
class Comparison:
    """The first report compared with the second."""

    one: str  # name of the first checkpoint
    other: str  # name of the second
    data: str
    split: str | None
    classes: tuple[str, ...]  # in both reports, in the order of the first; all means are over these
    difference: Difference  # of mIoU and of the IoU of each class, first minus second, with intervals over the images
    won: int  # number of images on which the first has the higher mIoU
    lost: int  # … the second
    tied: int  # … neither
    images: tuple[ImageDifference, ...]  # from the greatest loss to the greatest gain of the first
    same_pixels: bool  # whether both count the same pixels; not if one lacks a class of the data

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON; NaN becomes None."""
        return dict(without_nan(asdict(self)))


def compare(one: EvaluationReport, other: EvaluationReport, *, seed: int = 0) -> Comparison:
    """Compare two reports on the same images; ``seed`` is of the bootstrap.

    Raises:
        BadConfig: different data, splits or images; or no class in common.
    """
    _check(one, other)
    classes = tuple(name for name in one.classes if name in other.classes)
    if not classes:
        raise BadConfig(
            '"{one}" and "{other}" have no class in common: {classes} and {other_classes}. Compare checkpoints that '
            "know the same things.",
            one=one.checkpoint,
            other=other.checkpoint,
            classes=one.classes,
            other_classes=other.classes,
        )
    first, second = _of_classes(one, classes), _of_classes(other, classes)
    mine, theirs = _image_miou(first), _image_miou(second)
    images = [
        ImageDifference(row.name, row.index, float(a), float(b), float(a - b))
        for row, a, b in zip(one.rows, mine, theirs, strict=True)
    ]
    valid = [image for image in images if not math.isnan(image.difference)]
    return Comparison(
        one=one.checkpoint,
        other=other.checkpoint,
        data=one.data,
        split=one.split,
        classes=classes,
        difference=paired_difference(first, second, seed=seed),
        won=sum(image.difference > _TIE for image in valid),
        lost=sum(image.difference < -_TIE for image in valid),
        tied=sum(abs(image.difference) <= _TIE for image in valid),
        images=tuple(sorted(valid, key=lambda image: image.difference)),
        same_pixels=[row.pixels for row in one.rows] == [row.pixels for row in other.rows],
    )


def _check(one: EvaluationReport, other: EvaluationReport) -> None:
    places = [f"{report.data}, split {report.split or 'none'}, {report.images} images" for report in (one, other)]
    same_place = (one.data, one.split) == (other.data, other.split)
    if not same_place or [row.name for row in one.rows] != [row.name for row in other.rows]:
        raise BadConfig(
            'The reports are not about the same images: "{one}" was measured on {place}, "{other}" on {other_place}. '
            "Evaluate both on the same data, split and limit.",
            one=one.checkpoint,
            place=places[0],
            other=other.checkpoint,
            other_place=places[1],
        )


def _of_classes(report: EvaluationReport, classes: tuple[str, ...]) -> ImageCounts:
    counts = report.image_counts.arrays()
    columns = [report.classes.index(name) for name in classes]
    return ImageCounts(*(getattr(counts, name)[:, columns] for name in ("hits", "truth", "found", "at_ignored")))


def _image_miou(counts: ImageCounts) -> NDArray[np.float64]:
    """Return the mIoU (N,) over the classes that occur in each image; NaN where none does."""
    return means(iou_of(counts.hits, counts.truth, counts.found), 1)
