"""The coach: rules over the curves of a run, and advice about runs that failed.

    curves        the events of a run as series of numbers
    trend         statistics that are robust to noise: running medians
    learning      rules about the training loss and the learning rate
    generalising  rules about the validation: overfitting, a plateau, a curve that still rises
    classes       rules about classes: one dominates, some are never predicted, accuracy is misleading
    speed         the rule about waiting for data
    rules         RULES, and which rule silences which; advise(curves), coach(run)
    failed_runs   failure_advice(run): how a run failed, and how to resume it

Standard library only, so that the Runs page opens at once. A rule gives no advice where it is doubtful: all of them
need several epochs and use medians, not single values.
"""

from segcore.coach.curves import Curves, Epoch, LoggedStep, read_curves
from segcore.coach.failed_runs import failure_advice, resume_point
from segcore.coach.rules import RULES, advise, coach

__all__ = ["RULES", "Curves", "Epoch", "LoggedStep", "advise", "coach", "failure_advice", "read_curves", "resume_point"]
