"""The parts of an ``EvaluationReport``: plain dataclasses."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from segcore.metrics import BoundaryScores, ImageCounts, SizeScore


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
class BoundaryReport:
    """Boundary F and Boundary IoU with their settings, see ``segcore.metrics.boundary_metrics``.

    ``tolerance`` of boundary F and ``band`` of Boundary IoU are shares of the diagonal; ``one_to_one`` is whether each
    boundary pixel was matched at most once.
    """

    scores: BoundaryScores
    tolerance: float
    band: float
    one_to_one: bool


@dataclass(frozen=True)
class SizeReport:
    """Objects by size, see ``segcore.metrics.object_sizes``.

    ``all`` is of all classes together, ``per_class`` K tuples. ``edges`` between the sizes are shares of the image's
    pixels; the classes in ``without`` are not objects.
    """

    all: tuple[SizeScore, ...]
    per_class: tuple[tuple[SizeScore, ...], ...]
    edges: tuple[float, ...]
    without: tuple[str, ...]


@dataclass(frozen=True)
class PredictionSpeed:
    """Time of the predictions, including resizing; without reading files and counting.

    ``seconds`` in total, the median per image in milliseconds (robust against a slow first image), the engine, such as
    "OpenVINO (cpu)", and PyTorch's threads.
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
