"""Evaluation: how good a network is on data that carries the truth.

    evaluate.py     evaluate_model: a model and batches of a loader → Scores; what training does after every epoch,
                    where several processes first add up their Counts
    report.py       evaluate_checkpoint: a finished Predictor on every image at its own size → Report
    matching.py     match_classes: the names of a dataset and those of a checkpoint, brought together

The two differ on purpose. The first is fast and sees images as training does; the second is what a person gets.
"""

from segcore.evaluation.evaluate import Counts, count_model, evaluate_model, score_counts
from segcore.evaluation.matching import ClassMatch, match_classes
from segcore.evaluation.report import ImageScore, Report, evaluate_checkpoint

__all__ = [
    "ClassMatch",
    "Counts",
    "ImageScore",
    "Report",
    "count_model",
    "evaluate_checkpoint",
    "evaluate_model",
    "match_classes",
    "score_counts",
]
