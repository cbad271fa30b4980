"""The coach: rules over the curves of a run, each with its numbers and, where there is one, a remedy.

    advice        Advice, Remedy; a remedy's changes put into settings
    curves        the events of a run as series of numbers
    trend         what is robust against noise: running medians
    learning      rules about the training loss and the learning rate
    generalising  rules about the validation: overfitting, a plateau, a curve that still rises
    classes       rules about classes: one swallows all, some are never found, accuracy flatters
    speed         the rule about waiting for data
    rules         RULES, which rule silences which; advise(curves), coach(run)

Standard library only: the Runs page opens at once. A rule says nothing rather than something doubtful, so all of them
want several epochs and look at medians, not at single values. The words are in locale/*.json as ``coach.says.<rule>``.
"""

from segcore.coach.advice import Advice, Remedy, applied
from segcore.coach.curves import Curves, Epoch, Step, read_curves
from segcore.coach.rules import RULES, advise, coach

__all__ = ["RULES", "Advice", "Curves", "Epoch", "Remedy", "Step", "advise", "applied", "coach", "read_curves"]
