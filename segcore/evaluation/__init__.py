"""Evaluation: how good a network is on data with ground truth.

    validation.py             evaluate_model: a model and batches of a loader → Scores, as after each epoch
    measure.py                evaluate_checkpoint: a Predictor on every image at its own size → EvaluationReport
    image_tally.py            what measure.py accumulates over the images
    report.py                 EvaluationReport: everything that was measured, as one JSON file
    report_parts.py           the dataclasses that it consists of
    predictions.py            SavedPredictions: the predictions behind a report, to show its very pixels
    classical_methods.py      evaluate_method: a method without a network, by rule or by oracle
    class_matching.py         match_classes: the classes of a dataset and of a checkpoint, matched by name
    paired_comparison.py      compare: two reports on the same images, and the confidence in their difference
    adversarial.py            the fast gradient sign method
    corruption_robustness.py  measure_robustness: the relative score on corrupted images
    robustness_card.py        RobustnessCard: its result, a file next to the checkpoint
    evaluation_jobs.py        the jobs "evaluate" and "robustness"

``evaluate_model`` is fast and sees images as training does; ``evaluate_checkpoint`` measures what a user gets.
``segcore.export`` turns a report into an HTML file.
"""

from segcore.evaluation.adversarial import ATTACK_LEVELS, fgsm
from segcore.evaluation.class_matching import ClassMatch, match_classes
from segcore.evaluation.classical_methods import ASSIGNMENTS, evaluate_method
from segcore.evaluation.corruption_robustness import ABOUT_LABELS, ATTACK, KINDS, measure_robustness
from segcore.evaluation.image_tally import EvaluationOptions
from segcore.evaluation.measure import evaluate_checkpoint
from segcore.evaluation.paired_comparison import Comparison, compare
from segcore.evaluation.predictions import SavedPredictions
from segcore.evaluation.report import EvaluationReport, read_report, report_of
from segcore.evaluation.report_parts import ImageScore
from segcore.evaluation.robustness_card import (
    RobustnessCard,
    RobustnessCell,
    load_robustness,
    robustness_path,
    save_robustness,
)
from segcore.evaluation.validation import ValidationCounts, count_model, evaluate_model, score_counts

__all__ = [
    "ABOUT_LABELS",
    "ASSIGNMENTS",
    "ATTACK",
    "ATTACK_LEVELS",
    "KINDS",
    "ClassMatch",
    "Comparison",
    "EvaluationOptions",
    "EvaluationReport",
    "ImageScore",
    "RobustnessCard",
    "RobustnessCell",
    "SavedPredictions",
    "ValidationCounts",
    "compare",
    "count_model",
    "evaluate_checkpoint",
    "evaluate_method",
    "evaluate_model",
    "fgsm",
    "load_robustness",
    "match_classes",
    "measure_robustness",
    "read_report",
    "report_of",
    "robustness_path",
    "save_robustness",
    "score_counts",
]
