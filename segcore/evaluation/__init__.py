"""Evaluation: how good a network is on data with ground truth.

``evaluate_model`` is fast and sees images as training does; ``evaluate_checkpoint`` measures what a user gets.
``segcore.export`` turns a report into an HTML file.
"""

from segcore.evaluation.class_matching import match_classes
from segcore.evaluation.classical_methods import ASSIGNMENTS, evaluate_method
from segcore.evaluation.corruption_robustness import ABOUT_LABELS, ATTACK, KINDS, measure_robustness
from segcore.evaluation.image_tally import EvaluationOptions
from segcore.evaluation.measure import evaluate_checkpoint
from segcore.evaluation.paired_comparison import Comparison, compare
from segcore.evaluation.predictions import SavedPredictions
from segcore.evaluation.report import EvaluationReport, read_report, report_of
from segcore.evaluation.robustness_card import (
    RobustnessCard,
    RobustnessCell,
    load_robustness,
    robustness_path,
    save_robustness,
)
from segcore.evaluation.validation import count_model, evaluate_model, score_counts
