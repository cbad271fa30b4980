"""The parts of an ``EvaluationReport``: plain dataclasses."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from segcore.metrics import BoundaryScores, ImageCounts, SizeScore


@dataclass(frozen=True)
class ImageScore:
    """The scores of one image."""

    name: str  # of the sample
    index: int  # of the sample in its dataset
    miou: float  # over the classes in the ground truth or the prediction of this image; NaN without valid pixels
    pixel_accuracy: float  # share of correct pixels; NaN without valid pixels
    loss: float  # cross entropy, the mean over its pixels; NaN if unknown
    pixels: int  # number of valid pixels
    kept: bool  # whether its prediction was saved in the folder of the evaluation


@dataclass(frozen=True)
class BoundaryReport:
    """Boundary F and Boundary IoU with their settings, see ``segcore.metrics.boundary_metrics``."""

    scores: BoundaryScores
    tolerance: float  # of boundary F, a share of the diagonal
    band: float  # of Boundary IoU, likewise
    one_to_one: bool  # whether each boundary pixel was matched at most once


@dataclass(frozen=True)
class SizeReport:
    """Objects by size, see ``segcore.metrics.object_sizes``."""

    all: tuple[SizeScore, ...]  # of all classes together
    per_class: tuple[tuple[SizeScore, ...], ...]  # K tuples
    edges: tuple[float, ...]  # between the sizes, shares of the image's pixels
    without: tuple[str, ...]  # classes that are not objects


@dataclass(frozen=True)
class PredictionSpeed:
    """Time of the predictions, including resizing; without reading files and counting."""

    seconds: float  # in total
    images_per_second: float
    median_ms: float  # per image; robust against a slow first one
    engine: str  # such as "OpenVINO (cpu)"
    threads: int  # of PyTorch


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
