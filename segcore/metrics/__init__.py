"""Metrics: how good labels are, as numbers for people. Counts before ratios.

    counts.py       the table of counts: ConfusionMatrix on the device, confusion(...) for one image in numpy
    ratios.py       scores(counts, classes) -> Scores: every ratio, and the convention it follows
    outcomes.py     error_map(...): where one class was found, missed and imagined

A table can be added to another; a ratio cannot. So ratios are made last, and only once.
"""

from segcore.metrics.counts import ConfusionMatrix, confusion
from segcore.metrics.outcomes import Outcome, error_map
from segcore.metrics.ratios import Scores, scores

__all__ = ["ConfusionMatrix", "Outcome", "Scores", "confusion", "error_map", "scores"]
