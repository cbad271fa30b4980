"""Metrics: how good labels are, as numbers for people. Counts before ratios.

    counts.py       the table of counts: ConfusionMatrix on the device, confusion(...) for one image in numpy
    ratios.py       scores(counts, classes) -> Scores: every ratio, and the convention it follows
    per_image.py    ImageCounts: the counts of every image by itself, four numbers a class
    conventions.py  by_convention(counts): the same predictions under the rules of well-known programs
    bootstrap.py    how much a score would vary had other images been drawn
    boundary.py     how well outlines fit: boundary F and Boundary IoU
    objects.py      how much of small and of large objects is found
    calibration.py  whether a confidence of 0.8 is right in 8 of 10 pixels
    outcomes.py     error_map(...): where one class was found, missed and imagined

A table can be added to another; a ratio cannot. So ratios are made last, and only once.
"""

from segcore.metrics.bootstrap import Difference, Interval, Intervals, bootstrap, paired_difference
from segcore.metrics.boundary_metrics import BoundaryCounts, BoundaryScores, boundary_counts, boundary_scores
from segcore.metrics.confusion_matrix import ConfusionMatrix, confusion
from segcore.metrics.error_map import PixelOutcome, error_map
from segcore.metrics.object_sizes import SIZE_EDGES, SIZE_NAMES, ObjectCounts, SizeScore, object_counts, size_scores
from segcore.metrics.per_image import ImageCounts, labels_at_ignored
from segcore.metrics.ratios import Scores, scores
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
    "scores",
    "size_scores",
]
