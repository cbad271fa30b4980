"""Evaluation: how good a network is on data that carries the truth.

    evaluate.py     evaluate_model: a model and batches of a loader → Scores; what training does after every epoch,
                    where several processes first add up their Counts
    measure.py      evaluate_checkpoint: a finished Predictor on every image at its own size → EvaluationReport
    report.py       EvaluationReport: everything that was measured, as one JSON file
    predictions.py  SavedPredictions: the predictions behind a report, to show the very pixels
    classical.py    evaluate_method: a method without a network, by rule or with the truth at hand
    matching.py     match_classes: the names of a dataset and those of a checkpoint, brought together
    compare.py      compare: two reports on the same images, and how sure the difference is
    adversarial.py  one step against the network
    robustness.py   how much of the score is left of spoilt photos; the card that lies beside a checkpoint
    jobs.py         the short jobs "evaluate" and "robustness"

The first two differ on purpose. The first is fast and sees images as training does; the second is what a person gets.
The report for people, one HTML file, is made by ``segcore.export``.
"""

from segcore.evaluation.class_matching import ClassMatch, match_classes
from segcore.evaluation.classical_methods import ASSIGNMENTS, evaluate_method
from segcore.evaluation.measure import Options, evaluate_checkpoint
from segcore.evaluation.paired_comparison import Comparison, compare
from segcore.evaluation.predictions import SavedPredictions
from segcore.evaluation.report import EvaluationReport, ImageScore, read_report, report_of
from segcore.evaluation.robustness import (
    RobustnessCard,
    load_robustness,
    measure_robustness,
    robustness_path,
    save_robustness,
)
from segcore.evaluation.validation import Counts, count_model, evaluate_model, score_counts

__all__ = [
    "ASSIGNMENTS",
    "ClassMatch",
    "Comparison",
    "Counts",
    "EvaluationReport",
    "ImageScore",
    "Options",
    "RobustnessCard",
    "SavedPredictions",
    "compare",
    "count_model",
    "evaluate_checkpoint",
    "evaluate_method",
    "evaluate_model",
    "load_robustness",
    "match_classes",
    "measure_robustness",
    "read_report",
    "report_of",
    "robustness_path",
    "save_robustness",
    "score_counts",
]
