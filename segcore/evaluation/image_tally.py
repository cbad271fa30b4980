"""What an evaluation accumulates over the images: confusion matrices, boundaries, objects, confidences, times."""

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from segcore.evaluation.class_matching import ClassMatch
from segcore.evaluation.predictions import SavedPredictions
from segcore.evaluation.report_parts import BoundaryReport, ImageScore, PredictionSpeed, SizeReport
from segcore.metrics import (
    SIZE_EDGES,
    SIZE_NAMES,
    BoundaryCounts,
    Calibration,
    ObjectCounts,
    boundary_counts,
    boundary_scores,
    confusion,
    labels_at_ignored,
    object_counts,
    scores,
    size_scores,
)
from segcore.metrics.boundary_metrics import BAND, TOLERANCE
from segcore.palette import background_id
from segcore.types import IGNORE, LabelMap, Prediction

_LEAST_PROBABILITY = 1e-7
"""Below this a probability is rounding error; -log of it is 16."""


@dataclass(frozen=True)
class EvaluationOptions:
    """What an evaluation measures besides the confusion matrix."""

    outlines: bool = False  # boundary metrics, about 10 ms for 512 x 512 pixels
    one_to_one: bool = False  # match boundary pixels one to one; slower
    keep: Path | None = None  # folder to save the predictions in, or None
    most_kept: int = 1000  # maximum number of images saved, evenly spread


class ImageTally:
    """Accumulates what an evaluation measures, image by image; ``images`` is the number to come."""

    def __init__(self, match: ClassMatch, options: EvaluationOptions, images: int) -> None:
        self.match, self.options = match, options
        self.tables: list[NDArray[np.int64]] = []
        self.at_ignored: list[NDArray[np.int64]] = []
        self.rows: list[ImageScore] = []
        self.seconds: list[float] = []
        self.engine = ""
        self.calibration = Calibration(len(match.classes))
        self.boundaries: list[BoundaryCounts] = []
        self.objects = ObjectCounts(*np.zeros((4, len(match.classes), len(SIZE_NAMES))))
        self.without = () if background_id(match.classes) is None else (0,)
        self.kept = None if options.keep is None else SavedPredictions(options.keep)
        self.every = max(1, math.ceil(images / options.most_kept))

    def add(self, index: int, name: str, prediction: Prediction, truth: LabelMap) -> None:
        """Add one image; ``truth`` in the checkpoint's ids."""
        k, labels = len(self.match.classes), prediction.labels
        table = confusion(labels, truth, k)
        kept = self.kept if len(self.rows) % self.every == 0 else None
        if kept is not None:
            kept.save(len(self.rows), prediction, truth)
        self.tables.append(table)
        self.at_ignored.append(labels_at_ignored(labels, truth, k))
        own = scores(table, self.match.classes)
        loss = _loss(prediction.asked, truth)
        self.rows.append(ImageScore(name, index, own.miou, own.pixel_accuracy, loss, own.pixels, kept is not None))
        self.seconds.append(prediction.seconds)
        self.engine = prediction.engine
        self.calibration.update(prediction.confidence, labels, truth)
        self.objects += object_counts(labels, truth, k, without=self.without)
        if self.options.outlines:
            self.boundaries.append(boundary_counts(labels, truth, k, one_to_one=self.options.one_to_one))

    def total(self) -> NDArray[np.int64]:
        """Return the confusion matrix (K, K) of all images."""
        return np.asarray(np.sum(self.tables, axis=0, dtype=np.int64))

    def finish(self) -> None:
        """Write the confusion matrices, if predictions are saved."""
        if self.kept is not None:
            self.kept.save_tables(np.stack(self.tables))

    def boundary(self) -> BoundaryReport | None:
        """Return the boundary metrics, if requested."""
        if not self.boundaries:
            return None
        return BoundaryReport(boundary_scores(self.boundaries), TOLERANCE, BAND, self.options.one_to_one)

    def sizes(self) -> SizeReport:
        """Return the scores of objects by size."""
        return SizeReport(
            all=size_scores(self.objects),
            per_class=tuple(size_scores(self.objects, c) for c in range(len(self.match.classes))),
            edges=SIZE_EDGES,
            without=tuple(self.match.classes[c] for c in self.without),
        )

    def speed(self) -> PredictionSpeed:
        """Return the speed of the predictions."""
        total = sum(self.seconds)
        return PredictionSpeed(
            seconds=total,
            images_per_second=len(self.seconds) / max(total, 1e-9),
            median_ms=1000 * float(np.median(self.seconds)),
            engine=self.engine,
            threads=torch.get_num_threads(),
        )


def _loss(probability: NDArray[np.float32] | None, truth: LabelMap) -> float:
    """Return the mean cross entropy over the valid pixels."""
    valid = truth != IGNORE
    if probability is None or not valid.any():
        return math.nan
    return float(-np.log(np.maximum(probability[valid], _LEAST_PROBABILITY)).mean(dtype=np.float64))
