"""Rules about the training loss, which depends on the learning rate above all."""

from itertools import pairwise
from statistics import fmean, median

from segcore.advice import Advice, Remedy, rounded
from segcore.coach.curves import Curves
from segcore.coach.trend import MEANT, jump, latest, latest_index, lowest, smooth

RISE = 1.2
"""A training loss this many times its lowest has left the minimum; batches differ by less."""
RISEN_EPOCHS = 3
"""… if it lasts for this number of epochs."""

SPIKE = 3.0
"""A logged loss this many times the median before it is a spike; hard batches stay below twice."""
SPIKE_MEMORY = 10
SPIKES = 3
SPIKES_AMONG = 200
"""Minimum number of spikes among this number of latest logged steps; any long run has one or two."""

FULL_RATE_EPOCHS = 5
"""Minimum number of epochs at half the highest rate or more: a warm-up is slow on purpose."""
SLOW = 0.8
"""Share of the initial loss above which the step size is suspected. Even on hard data most of the first fall comes
within an epoch or two."""
STUCK = 0.97
"""Share of the initial loss above which nothing was learnt at all."""
STEADY = 0.8
"""Share of the epochs in which a slowly falling loss falls: a small rate gives a smooth curve."""
GOOD_MIOU = 0.5
"""A network that starts this well was trained before; its loss may stay where it is."""


def loss_rises(curves: Curves) -> Advice | None:
    """Advice where the training loss itself rises: the steps are too large to stay near a minimum."""
    numbers, losses = curves.series("train_loss")
    if len(losses) < RISEN_EPOCHS + 2:
        return None
    low = lowest(losses)
    if len(losses) - 1 - low < RISEN_EPOCHS or losses[low] <= 0:
        return None
    if min(smooth(losses)[-RISEN_EPOCHS:]) < RISE * losses[low]:
        return None
    if latest(losses) - losses[low] < MEANT * jump(losses):
        return None
    facts = {"low": losses[low], "low_epoch": numbers[low], "rate": _rate(curves)}
    facts |= {"high": latest(losses), "epoch": numbers[latest_index(losses)]}
    return Advice("coach.loss_rises", "error", facts, _smaller_steps(curves), "descent")


def loss_spikes(curves: Curves) -> Advice | None:
    """Advice where the loss spikes repeatedly: single steps are too large."""
    losses = [step.loss for step in curves.steps if step.loss is not None][-SPIKES_AMONG - SPIKE_MEMORY :]
    spikes = [
        (loss, before)
        for index, loss in enumerate(losses[SPIKE_MEMORY:])
        if loss > SPIKE * (before := median(losses[index : index + SPIKE_MEMORY])) > 0
    ]
    if len(spikes) < SPIKES:
        return None
    worst, before = max(spikes)
    facts = {"count": len(spikes), "among": len(losses) - SPIKE_MEMORY, "worst": worst, "before": before}
    clip = () if curves.plan.get("clip_norm") else (Remedy("clone", {"clip_norm": 1.0}),)
    lower = Remedy("clone", {"learning_rate": rounded(_rate(curves) / 3)})
    return Advice("coach.loss_spikes", "warning", facts, (*clip, lower), "descent")


def rate_too_low(curves: Curves) -> Advice | None:
    """Advice where the training loss falls only as slowly as tiny steps allow."""
    found = _little_progress(curves)
    if found is None:
        return None
    begin, now, losses = found
    falls = fmean([later < earlier for earlier, later in pairwise(losses)])
    if now >= STUCK * begin or falls < STEADY:
        return None
    facts = {"begin": begin, "now": now, "epochs": curves.epochs[-1].number, "rate": _rate(curves)}
    higher = Remedy("clone", {"learning_rate": rounded(min(100.0, 5 * _rate(curves)))})
    return Advice("coach.rate_too_low", "warning", facts, (higher,), "descent")


def not_learning(curves: Curves) -> Advice | None:
    """Advice where the training loss stays at its initial value: the rate is far too small, or broke the network."""
    found = _little_progress(curves)
    if found is None or found[1] < STUCK * found[0]:
        return None
    begin, now, _ = found
    rate = _rate(curves)
    facts = {"begin": begin, "now": now, "epochs": curves.epochs[-1].number, "rate": rate}
    remedies = tuple(Remedy("clone", {"learning_rate": rounded(min(100.0, tried))}) for tried in (rate / 10, 10 * rate))
    return Advice("coach.not_learning", "error", facts, remedies, "descent")


def nan_again(curves: Curves) -> Advice | None:
    """Advice where the loss became NaN more than once, and each time the run halved the rate."""
    if curves.nan_remedies < 2:  # once may be bad luck
        return None
    facts = {"count": curves.nan_remedies, "rate": _rate(curves)}
    return Advice("coach.nan_again", "warning", facts, _smaller_steps(curves), "descent")


def _little_progress(curves: Curves) -> tuple[float, float, list[float]] | None:
    """(initial loss, current loss, losses of the epochs at full rate) where the loss has fallen little; else None."""
    highest = _rate(curves)
    full = [epoch for epoch in curves.epochs if (epoch.rate or 0.0) >= 0.5 * highest]
    losses = [epoch.train_loss for epoch in full if epoch.train_loss is not None]
    first = [step.loss for step in curves.steps[:3] if step.loss is not None]
    if len(losses) < FULL_RATE_EPOCHS or not first:
        return None
    begin, now = median(first), latest(losses)
    best = max((epoch.miou for epoch in curves.epochs if epoch.miou is not None), default=0.0)
    return (begin, now, losses) if begin > 0 and now >= SLOW * begin and best < GOOD_MIOU else None


def _rate(curves: Curves) -> float:
    """The peak learning rate of the schedule."""
    return float(curves.plan.get("learning_rate", 0.0)) or max((step.rate or 0.0 for step in curves.steps), default=0.0)


def _smaller_steps(curves: Curves) -> tuple[Remedy, ...]:
    lower = Remedy("clone", {"learning_rate": rounded(_rate(curves) / 3)})
    return (lower,) if curves.plan.get("clip_norm") else (lower, Remedy("clone", {"clip_norm": 1.0}))
