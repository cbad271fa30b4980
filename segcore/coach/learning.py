"""Does it learn at all? Rules about the training loss, which the learning rate decides first."""

from itertools import pairwise
from statistics import fmean, median

from segcore.coach.advice import Advice, Remedy, rounded
from segcore.coach.curves import Curves
from segcore.coach.trend import MEANT, jump, latest, latest_index, lowest, smooth

RISE = 1.2
"""A training loss this many times its lowest has left the valley that it had found; batches differ by less."""
RISEN_EPOCHS = 3
"""… and for so long, which is no accident."""

SPIKE = 3.0
"""A logged loss this many times the median before it is a spike; hard batches stay below twice."""
SPIKE_MEMORY = 10
SPIKES = 3
SPIKES_AMONG = 200
"""So many spikes among so many of the latest logged steps; one or two happen in any long run."""

FULL_RATE_EPOCHS = 5
"""Epochs at half the highest rate or more before the rate is judged: warm-ups are slow on purpose."""
SLOW = 0.8
"""A loss that is still this much of what it was before the first step: the step size is the suspect. On hard data too
most of the first fall comes within an epoch or two."""
STUCK = 0.97
"""… and with so much of it nothing was learnt at all."""
STEADY = 0.8
"""Part of the epochs in which a slowly falling loss falls: a small rate gives a smooth curve."""
GOOD_MIOU = 0.5
"""A network that begins this well was trained before; its loss may stay where it is."""


def loss_rises(curves: Curves) -> Advice | None:
    """The training loss itself rises: the steps are too large to stay in the valley."""
    rows = curves.series("train_loss")
    if len(rows) < RISEN_EPOCHS + 2:
        return None
    losses = [loss for _, loss in rows]
    low = lowest(losses)
    if len(losses) - 1 - low < RISEN_EPOCHS or losses[low] <= 0:
        return None
    if min(smooth(losses)[-RISEN_EPOCHS:]) < RISE * losses[low]:
        return None
    if latest(losses) - losses[low] < MEANT * jump(losses):
        return None
    return Advice(
        "loss_rises",
        {
            "low": losses[low],
            "low_epoch": rows[low][0],
            "high": latest(losses),
            "epoch": rows[latest_index(losses)][0],
            "rate": _rate(curves),
        },
        "bad",
        _smaller_steps(curves),
        "L11",
    )


def loss_spikes(curves: Curves) -> Advice | None:
    """The loss jumps up again and again: single steps are too large."""
    losses = [step.loss for step in curves.steps if step.loss is not None][-SPIKES_AMONG - SPIKE_MEMORY :]
    spikes = [
        (loss, before)
        for index, loss in enumerate(losses[SPIKE_MEMORY:])
        if loss > SPIKE * (before := median(losses[index : index + SPIKE_MEMORY])) > 0
    ]
    if len(spikes) < SPIKES:
        return None
    worst, before = max(spikes)
    numbers = {"count": len(spikes), "among": len(losses) - SPIKE_MEMORY, "worst": worst, "before": before}
    clip = () if curves.plan.get("clip_norm") else (Remedy({"clip_norm": 1.0}),)
    lower = Remedy({"learning_rate": rounded(_rate(curves) / 3)})
    return Advice("loss_spikes", numbers, "warning", (*clip, lower), "L11")


def rate_too_low(curves: Curves) -> Advice | None:
    """The training loss falls, but as slowly as tiny steps let it."""
    found = _far_from_learnt(curves)
    if found is None:
        return None
    begin, now, losses = found
    falls = fmean([later < earlier for earlier, later in pairwise(losses)])
    if now >= STUCK * begin or falls < STEADY:
        return None
    numbers = {"begin": begin, "now": now, "epochs": curves.epochs[-1].number, "rate": _rate(curves)}
    higher = Remedy({"learning_rate": rounded(min(100.0, 5 * _rate(curves)))})
    return Advice("rate_too_low", numbers, "warning", (higher,), "L11")


def not_learning(curves: Curves) -> Advice | None:
    """The training loss stays where it began: much too small a rate, or one so large that the first steps broke it."""
    found = _far_from_learnt(curves)
    if found is None or found[1] < STUCK * found[0]:
        return None
    begin, now, _ = found
    rate = _rate(curves)
    numbers = {"begin": begin, "now": now, "epochs": curves.epochs[-1].number, "rate": rate}
    remedies = tuple(Remedy({"learning_rate": rounded(min(100.0, tried))}) for tried in (rate / 10, 10 * rate))
    return Advice("not_learning", numbers, "bad", remedies, "L11")


def nan_again(curves: Curves) -> Advice | None:
    """The loss became NaN more than once, and the run mended it each time by halving the rate."""
    if curves.nan_remedies < 2:  # once may be bad luck
        return None
    return Advice(
        "nan_again", {"count": curves.nan_remedies, "rate": _rate(curves)}, "warning", _smaller_steps(curves), "L11"
    )


def _far_from_learnt(curves: Curves) -> tuple[float, float, list[float]] | None:
    """(loss at the first steps, loss now, loss of the epochs at full rate) where the first is still in sight."""
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
    """The highest rate that is planned."""
    return float(curves.plan.get("learning_rate", 0.0)) or max((step.rate or 0.0 for step in curves.steps), default=0.0)


def _smaller_steps(curves: Curves) -> tuple[Remedy, ...]:
    lower = Remedy({"learning_rate": rounded(_rate(curves) / 3)})
    return (lower,) if curves.plan.get("clip_norm") else (lower, Remedy({"clip_norm": 1.0}))
