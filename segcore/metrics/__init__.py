"""Metrics of segmentation. Confusion matrices are accumulated first and divided once, at the end.

Throughout, ``labels`` (H, W) are predicted ids, 0 … K-1, and ``truth`` (H, W) is the ground truth, ids or IGNORE; their
sizes are equal, or a ValueError is raised. ``num_classes`` is K, background included. Scores are 0 … 1, NaN where a
ratio does not exist.
"""

from typing import TYPE_CHECKING

from segcore.lazy import lazy_names
from segcore.metrics.bootstrap import Difference, Intervals, bootstrap, paired_difference
from segcore.metrics.boundary_metrics import BoundaryCounts, BoundaryScores, boundary_counts, boundary_scores
from segcore.metrics.class_numbering import FAR_BETTER, Numbering, best_numbering, label_values, numbering
from segcore.metrics.confusion_matrix import confusion
from segcore.metrics.error_maps import PixelOutcome, error_map
from segcore.metrics.object_sizes import SIZE_EDGES, SIZE_NAMES, ObjectCounts, SizeScore, object_counts, size_scores
from segcore.metrics.per_image import ImageCounts, labels_at_ignored
from segcore.metrics.ratios import Scores, read_convention, scores
from segcore.metrics.reliability import Calibration, Reliability
from segcore.metrics.score_conventions import CONVENTIONS, ConventionScore, by_convention

if TYPE_CHECKING:
    from segcore.metrics.device_confusion import ConfusionMatrix

__getattr__ = lazy_names(__name__, {"device_confusion": ["ConfusionMatrix"]})  # needs torch
