"""Metrics of segmentation. Confusion matrices are accumulated first and divided once, at the end.

confusion_matrix.py   ConfusionMatrix on the device; confusion(...) for one image in numpy
ratios.py             scores(counts, classes) -> Scores: every ratio, and the convention it follows
per_image.py          ImageCounts: the counts of every image, four numbers per class
score_conventions.py  by_convention(counts): the same predictions under the conventions of well-known programs
bootstrap.py          confidence intervals over the images
boundary_metrics.py   boundary F and Boundary IoU
object_sizes.py       recall and IoU of objects by size
reliability.py        calibration: whether a confidence of 0.8 is correct in 8 of 10 pixels
error_maps.py         error_map(...): true and false positives and negatives of one class
    nan_ratios.py         ratios and means where some do not exist

Scores are 0 … 1, NaN where a ratio does not exist.
"""

from segcore.metrics.bootstrap import Difference, Interval, Intervals, bootstrap, paired_difference
from segcore.metrics.boundary_metrics import BoundaryCounts, BoundaryScores, boundary_counts, boundary_scores
from segcore.metrics.confusion_matrix import ConfusionMatrix, confusion
from segcore.metrics.error_maps import PixelOutcome, error_map
from segcore.metrics.object_sizes import SIZE_EDGES, SIZE_NAMES, ObjectCounts, SizeScore, object_counts, size_scores
from segcore.metrics.per_image import ImageCounts, labels_at_ignored
from segcore.metrics.ratios import Scores, read_convention, scores
from segcore.metrics.reliability import Calibration, Reliability
from segcore.metrics.score_conventions import CONVENTIONS, Convention, ConventionScore, by_convention

__all__ = [
    "CONVENTIONS",
    "SIZE_EDGES",
    "SIZE_NAMES",
    "BoundaryCounts",
    "BoundaryScores",
    "Calibration",
    "ConfusionMatrix",
    "Convention",
    "ConventionScore",
    "Difference",
    "ImageCounts",
    "Interval",
    "Intervals",
    "ObjectCounts",
    "PixelOutcome",
    "Reliability",
    "Scores",
    "SizeScore",
    "bootstrap",
    "boundary_counts",
    "boundary_scores",
    "by_convention",
    "confusion",
    "error_map",
    "labels_at_ignored",
    "object_counts",
    "paired_difference",
    "read_convention",
    "scores",
    "size_scores",
]
