"""Evaluation: how good a network is on data with ground truth.

``evaluate_model`` is fast and sees images as training does; ``evaluate_checkpoint`` measures what a user gets.
``segcore.export`` turns a report into an HTML file.
"""

from typing import TYPE_CHECKING

from segcore.evaluation.class_matching import match_classes
from segcore.lazy import lazy_names

if TYPE_CHECKING:
    from segcore.evaluation.class_means import mean_reasons
    from segcore.evaluation.classical_methods import ASSIGNMENTS, evaluate_method
    from segcore.evaluation.corruption_robustness import ABOUT_LABELS, ATTACK, KINDS, measure_robustness
    from segcore.evaluation.image_tally import EvaluationOptions
    from segcore.evaluation.measure import evaluate_checkpoint
    from segcore.evaluation.overlap_with_training import TrainingOverlap, overlap_sentence, same_name, training_overlap
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
    from segcore.evaluation.validation import ValidationCounts, count_model, evaluate_model, score_counts

__getattr__ = lazy_names(  # these need torch
    __name__,
    {
        "class_means": ["mean_reasons"],
        "classical_methods": ["ASSIGNMENTS", "evaluate_method"],
        "corruption_robustness": ["ABOUT_LABELS", "ATTACK", "KINDS", "measure_robustness"],
        "image_tally": ["EvaluationOptions"],
        "measure": ["evaluate_checkpoint"],
        "paired_comparison": ["Comparison", "compare"],
        "predictions": ["SavedPredictions"],
        "report": ["EvaluationReport", "read_report", "report_of"],
        "robustness_card": [
            "RobustnessCard",
            "RobustnessCell",
            "load_robustness",
            "robustness_path",
            "save_robustness",
        ],
        "overlap_with_training": ["TrainingOverlap", "overlap_sentence", "same_name", "training_overlap"],
        "validation": ["ValidationCounts", "count_model", "evaluate_model", "score_counts"],
    },
)
