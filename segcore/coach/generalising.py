"""Rules about generalisation: the curves of the validation."""

from typing import Any

from segcore.advice import Advice, Remedy
from segcore.coach.curves import Curves
from segcore.coach.trend import MEANT, jump, latest, latest_index, lowest, smooth

OVERFIT_EPOCHS = 3
"""Minimum number of epochs since the lowest validation loss."""
OVERFIT_RISE = 1.1
"""Minimum of the current validation loss, as a multiple of its lowest."""
OVERFIT_FALL = 0.95
"""Maximum of the current training loss, as a share of its value at the lowest validation loss."""

PLATEAU_EPOCHS = 8
PLATEAU_SHARE = 1 / 3
"""Minimum number of epochs, and share of all epochs, without a better mIoU."""
PLATEAU_GAIN = 0.005
"""Minimum improvement; validations of one network trained with three seeds differ by more."""

RISING_EPOCHS = 6
"""Minimum number of epochs for a trend."""
RISING_GAIN = 0.01
"""Minimum gain of the best mIoU in the last third of the epochs."""

_STRONGER = {"rotate_degrees": 10.0, "brightness": 0.3, "contrast": 0.3, "saturation": 0.3, "hue": 0.05}
"""Augmentation that keeps almost any photo realistic."""


def overfitting(curves: Curves) -> Advice | None:
    """Advice where the validation loss rises while the training loss still falls."""
    numbers, val, train = curves.series("val_loss", "train_loss")
    if len(val) < OVERFIT_EPOCHS + 3:
        return None
    low = lowest(val)
    if len(val) - 1 - low < OVERFIT_EPOCHS:
        return None
    now, train_then = latest(val), smooth(train)[low]
    if now < OVERFIT_RISE * val[low] or now - val[low] < MEANT * jump(val):
        return None
    if latest(train) > OVERFIT_FALL * train_then:
        return None
    facts = {"low": val[low], "low_epoch": numbers[low], "high": now, "epoch": numbers[latest_index(val)]}
    facts |= {"train_then": train_then, "train_now": latest(train)}
    return Advice("coach.overfitting", "warning", facts, _against_overfitting(curves), "overfitting")


def plateau(curves: Curves) -> Advice | None:
    """Advice where the mIoU stopped rising long ago."""
    numbers, mious = curves.series("miou")
    if len(mious) < PLATEAU_EPOCHS + 2:
        return None
    best = max(range(len(mious)), key=mious.__getitem__)  # the run's best epoch, as the page states it
    smoothed = smooth(mious)
    enough = max(smoothed) - PLATEAU_GAIN
    reached = next(index for index, miou in enumerate(smoothed) if miou >= enough)
    waited = len(mious) - 1 - reached
    if waited < max(PLATEAU_EPOCHS, PLATEAU_SHARE * len(mious)):
        return None
    if curves.plan.get("schedule") == "constant":
        changes: dict[str, Any] = {"schedule": "cosine"}
    else:
        changes = {} if curves.plan.get("early_stop") else {"early_stop": PLATEAU_EPOCHS}
    facts = {"best": smoothed[reached], "best_epoch": numbers[reached], "waited": waited, "epoch": numbers[-1]}
    facts |= {"top": mious[best], "top_epoch": numbers[best]}
    return Advice("coach.plateau", "note", facts, (Remedy("clone", changes),) if changes else (), "descent")


def still_rising(curves: Curves) -> Advice | None:
    """Advice about a finished run whose mIoU was still rising."""
    numbers, mious = curves.series("miou")
    if curves.state != "finished" or len(mious) < RISING_EPOCHS:
        return None
    best = max(range(len(mious)), key=mious.__getitem__)
    late = len(mious) - max(2, len(mious) // 10)
    before = max(mious[: len(mious) - len(mious) // 3])
    gain = mious[best] - before
    if best < late or gain < RISING_GAIN or gain < jump(mious[len(mious) // 2 :]):
        return None
    more = max(5, len(mious) // 2)
    facts = {"best": mious[best], "best_epoch": numbers[best], "gain": gain, "lately": len(mious) // 3, "more": more}
    return Advice("coach.still_rising", "note", facts, (Remedy("extend", {"epochs": more}),), "descent")


def _against_overfitting(curves: Curves) -> tuple[Remedy, ...]:
    varied = curves.plan.get("augmentation", {})
    stronger = {name: amount for name, amount in _STRONGER.items() if varied.get(name, 0.0) < amount}
    decay = float(curves.plan.get("weight_decay", 0.0))
    remedies = [Remedy("clone", {"augmentation": stronger})] if stronger else []
    if decay < 0.01:
        remedies.append(Remedy("clone", {"weight_decay": 0.01}))
    return tuple(remedies)
