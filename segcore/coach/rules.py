"""All rules, in the order in which their advice is shown, and which of them silences which."""

from collections.abc import Callable

from segcore.advice import Advice
from segcore.coach.classes import flattering_accuracy, missed_classes, one_class
from segcore.coach.curves import Curves, read_curves
from segcore.coach.generalising import overfitting, plateau, still_rising
from segcore.coach.learning import loss_rises, loss_spikes, nan_again, not_learning, rate_too_low
from segcore.coach.speed import loader_bound
from segcore.runs import Run

Rule = Callable[[Curves], Advice | None]

RULES: tuple[Rule, ...] = (
    *(nan_again, loss_rises, not_learning, one_class),
    *(overfitting, missed_classes, loss_spikes, rate_too_low, loader_bound),
    *(flattering_accuracy, plateau, still_rising),
)
"""Rules about useless trainings first, notes last."""

SILENCED_BY: dict[Rule, tuple[Rule, ...]] = {
    loss_spikes: (nan_again, loss_rises),
    missed_classes: (one_class,),
    rate_too_low: (one_class,),
    flattering_accuracy: (one_class, missed_classes),
    plateau: (nan_again, loss_rises, not_learning, one_class, overfitting, rate_too_low),
    still_rising: (rate_too_low,),
}
"""A rule is silent where another one explains the same observation by its cause."""


def advise(curves: Curves) -> list[Advice]:
    """All advice about a run, in the order of RULES; empty where the curves are as they should be."""
    found = {rule: advice for rule in RULES if (advice := rule(curves)) is not None}
    return [advice for rule, advice in found.items() if not found.keys() & set(SILENCED_BY.get(rule, ()))]


def coach(run: Run) -> list[Advice]:
    """`advise` for a run as it is now; see `read_curves`."""
    return advise(read_curves(run))
