"""The coach: rules over the curves of a run, and advice about runs that failed.

Standard library only, so that the Runs page opens at once. A rule gives no advice where it is doubtful: all of them
need several epochs and use medians, not single values.
"""

from segcore.coach.curves import Curves, Epoch, LoggedStep, read_curves
from segcore.coach.failed_runs import failure_advice, resume_point
from segcore.coach.rules import RULES, advise, coach
