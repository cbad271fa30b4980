"""The parts of an ``EvaluationReport``: plain dataclasses, and the conversion of NaN to JSON's null and back."""

import math
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from segcore.metrics import BoundaryScores, ImageCounts, SizeScore


def without_nan(value: Any) -> Any:
    """Return plain values for JSON: at any depth, tuples become lists and NaN becomes None."""
    if isinstance(value, dict):
        return {key: without_nan(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [without_nan(item) for item in value]
    return None if isinstance(value, float) and math.isnan(value) else value


def with_nan(value: Any) -> Any:
    """Return the inverse of ``without_nan``: None becomes NaN, at any depth."""
    if isinstance(value, dict):
        return {key: with_nan(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [with_nan(item) for item in value]
    return math.nan if value is None else value


@dataclass(frozen=True)
class ImageScore:
    """The scores of one image.

    Attributes:
        name: of the sample.
        index: of the sample in its dataset.
        miou: over the classes in the ground truth or the prediction of this image; NaN without valid pixels.
        pixel_accuracy: share of correct pixels; NaN without valid pixels.
        loss: cross entropy, the mean over its pixels; NaN if unknown.
        pixels: number of valid pixels.
        kept: whether its prediction was saved in the folder of the evaluation.
    """

    name: str
    index: int
    miou: float
    pixel_accuracy: float
    loss: float
    pixels: int
    kept: bool


@dataclass(frozen=True)
class ConventionRow:
    """The mIoU of these predictions under another convention, see ``segcore.metrics.score_conventions``."""

    key: str
    title: str
    rule: str
    why: str
    mistake: bool
    value: float
    per_class: tuple[float, ...]


@dataclass(frozen=True)
class BoundaryReport:
    """Boundary F and Boundary IoU with their settings, see ``segcore.metrics.boundary_metrics``.

    Attributes:
        scores: both measures.
        tolerance: of boundary F, as a share of the diagonal.
        band: of Boundary IoU, as a share of the diagonal.
        one_to_one: whether each boundary pixel was matched at most once.
    """

    scores: BoundaryScores
    tolerance: float
    band: float
    one_to_one: bool


@dataclass(frozen=True)
class SizeReport:
    """Objects by size, see ``segcore.metrics.object_sizes``.

    Attributes:
        all: of all classes together.
        per_class: K tuples.
        edges: between the sizes, as shares of the image's pixels.
        without: classes that are not objects.
    """

    all: tuple[SizeScore, ...]
    per_class: tuple[tuple[SizeScore, ...], ...]
    edges: tuple[float, ...]
    without: tuple[str, ...]


@dataclass(frozen=True)
class PredictionSpeed:
    """Time of the predictions, including resizing; without reading files and counting.

    Attributes:
        seconds: in total.
        images_per_second: images / seconds.
        median_ms: median time per image in milliseconds; robust against a slow first image.
        engine: "OpenVINO (cpu)" …
        threads: of PyTorch.
    """

    seconds: float
    images_per_second: float
    median_ms: float
    engine: str
    threads: int


@dataclass(frozen=True)
class PixelCounts:
    """``ImageCounts`` as tuples, N rows of K."""

    hits: tuple[tuple[int, ...], ...]
    truth: tuple[tuple[int, ...], ...]
    found: tuple[tuple[int, ...], ...]
    at_ignored: tuple[tuple[int, ...], ...]

    @classmethod
    def of(cls, counts: ImageCounts) -> Self:
        """Convert from arrays."""
        return cls(*(tuple(map(tuple, getattr(counts, name).tolist())) for name in cls.__dataclass_fields__))

    def arrays(self) -> ImageCounts:
        """Convert back to arrays."""
        return ImageCounts(*(np.array(getattr(self, name), np.int64) for name in self.__dataclass_fields__))
