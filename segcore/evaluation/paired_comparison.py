"""Two evaluations of the same images: which is better, where, and how sure that is.

The images are the same, so the difference is looked at image by image: what makes a photo hard for both cancels out,
and a small but steady advantage shows that two separate intervals would hide (``segcore.metrics.bootstrap``).
"""

import math
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from segcore.errors import BadConfig
from segcore.evaluation.report import EvaluationReport, without_nan
from segcore.metrics import Difference, ImageCounts, paired_difference

_TIE = 1e-6


@dataclass(frozen=True)
class ImageDifference:
    """One image under both.

    Attributes:
        name: of the sample.
        index: of the sample in its dataset.
        one: its mIoU with the first.
        other: its mIoU with the second.
        difference: one - other.
    """

    name: str
    index: int
    one: float
    other: float
    difference: float


@dataclass(frozen=True)
class Comparison:
    """The first report against the second.

    Attributes:
        one: name of the first checkpoint.
        other: name of the second.
        data: name of the dataset.
        split: its split, or None.
        classes: the classes that both have and that occur, in the order of the first; all means are over these.
        difference: mIoU and IoU of each class, first minus second, with intervals over the images.
        won: images on which the first is better, by their own mIoU over the same classes.
        lost: images on which the second is better.
        tied: images on which they are equal.
        images: one row each, from the greatest loss to the greatest gain of the first.
        same_pixels: whether both were asked for the same pixels; not so where a class of the data is unknown to one.
    """

    one: str
    other: str
    data: str
    split: str | None
    classes: tuple[str, ...]
    difference: Difference
    won: int
    lost: int
    tied: int
    images: tuple[ImageDifference, ...]
    same_pixels: bool

    def to_dict(self) -> dict[str, Any]:
        """Plain lists, numbers and strings for JSON; NaN becomes None."""
        plain: dict[str, Any] = without_nan(asdict(self))
        return plain


def compare(one: EvaluationReport, other: EvaluationReport, *, seed: int = 0) -> Comparison:
    """Compare two reports on the same images.

    Args:
        one: the first.
        other: the second.
        seed: of the bootstrap.

    Raises:
        BadConfig: other data, another split or other images; or no class in common.
    """
    _check(one, other)
    classes = tuple(name for name in one.classes if name in other.classes)
    if not classes:
        raise BadConfig(
            f'"{one.checkpoint}" and "{other.checkpoint}" have no class in common: {", ".join(one.classes)} and '
            f"{', '.join(other.classes)}. Compare checkpoints that know the same things."
        )
    first, second = _of_classes(one, classes), _of_classes(other, classes)
    mine, theirs = _image_miou(first), _image_miou(second)
    images = [
        ImageDifference(row.name, row.index, float(a), float(b), float(a - b))
        for row, a, b in zip(one.rows, mine, theirs, strict=True)
    ]
    judged = [image for image in images if not math.isnan(image.difference)]
    return Comparison(
        one=one.checkpoint,
        other=other.checkpoint,
        data=one.data,
        split=one.split,
        classes=classes,
        difference=paired_difference(first, second, seed=seed),
        won=sum(image.difference > _TIE for image in judged),
        lost=sum(image.difference < -_TIE for image in judged),
        tied=sum(abs(image.difference) <= _TIE for image in judged),
        images=tuple(sorted(judged, key=lambda image: image.difference)),
        same_pixels=[row.pixels for row in one.rows] == [row.pixels for row in other.rows],
    )


def _check(one: EvaluationReport, other: EvaluationReport) -> None:
    places = [f"{report.data}, split {report.split or 'none'}, {report.images} images" for report in (one, other)]
    same_place = (one.data, one.split) == (other.data, other.split)
    if not same_place or [row.name for row in one.rows] != [row.name for row in other.rows]:
        raise BadConfig(
            f'The reports are not about the same images: "{one.checkpoint}" was measured on {places[0]}, '
            f'"{other.checkpoint}" on {places[1]}. Evaluate both on the same data, split and limit.'
        )


def _of_classes(report: EvaluationReport, classes: tuple[str, ...]) -> ImageCounts:
    counts = report.image_counts.arrays()
    columns = [report.classes.index(name) for name in classes]
    return ImageCounts(*(getattr(counts, name)[:, columns] for name in ("hits", "truth", "found", "at_ignored")))


def _image_miou(counts: ImageCounts) -> np.ndarray:
    """(N,): mean over the classes that occur in each image; NaN where none does."""
    union = counts.truth + counts.found - counts.hits
    iou = counts.hits / np.maximum(union, 1)
    occurring = (union > 0).sum(1)
    return np.divide(iou.sum(1), occurring, out=np.full(len(counts), np.nan), where=occurring > 0)
