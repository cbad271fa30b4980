"""Does it help on images that it was not trained on? Rules about the validation."""

from segcore.coach.advice import Advice, Number, Remedy
from segcore.coach.curves import Curves
from segcore.coach.trend import MEANT, jump, latest, latest_index, lowest, smooth

OVERFIT_EPOCHS = 3
"""The lowest validation loss lies at least so many epochs back."""
OVERFIT_RISE = 1.1
"""The validation loss now, as a multiple of its lowest."""
OVERFIT_FALL = 0.95
"""The training loss now, as a share of what it was at the lowest validation loss."""

PLATEAU_EPOCHS = 8
PLATEAU_SHARE = 1 / 3
"""So many epochs, and such a part of all, without a better mIoU."""
PLATEAU_GAIN = 0.005
"""What counts as better; three validations of one network with other seeds differ by more."""

RISING_EPOCHS = 6
"""Fewer epochs have no trend."""
RISING_GAIN = 0.01
"""What the last third of the epochs must have added to the best mIoU."""

_STRONGER = {"rotate_degrees": 10.0, "brightness": 0.3, "contrast": 0.3, "saturation": 0.3, "hue": 0.05}
"""Variation that leaves almost any photo believable."""


def overfitting(curves: Curves) -> Advice | None:
    """The validation loss rises while the training loss still falls."""
    rows = curves.series("val_loss", "train_loss")
    if len(rows) < OVERFIT_EPOCHS + 3:
        return None
    val, train = [row[1] for row in rows], [row[2] for row in rows]
    low = lowest(val)
    if len(rows) - 1 - low < OVERFIT_EPOCHS:
        return None
    now, train_then = latest(val), smooth(train)[low]
    if now < OVERFIT_RISE * val[low] or now - val[low] < MEANT * jump(val):
        return None
    if latest(train) > OVERFIT_FALL * train_then:
        return None
    numbers = {
        "low": val[low],
        "low_epoch": rows[low][0],
        "high": now,
        "epoch": rows[latest_index(val)][0],
        "train_then": train_then,
        "train_now": latest(train),
    }
    return Advice("overfitting", numbers, "warning", _against_memorising(curves), "L12")


def plateau(curves: Curves) -> Advice | None:
    """The mIoU has long stopped rising."""
    rows = curves.series("miou")
    if len(rows) < PLATEAU_EPOCHS + 2:
        return None
    mious = smooth([miou for _, miou in rows])
    enough = max(mious) - PLATEAU_GAIN
    reached = next(index for index, miou in enumerate(mious) if miou >= enough)
    waited = len(rows) - 1 - reached
    if waited < max(PLATEAU_EPOCHS, PLATEAU_SHARE * len(rows)):
        return None
    if curves.plan.get("schedule") == "constant":
        changes: dict[str, Number] = {"schedule": "cosine"}
    else:
        changes = {} if curves.plan.get("early_stop") else {"early_stop": PLATEAU_EPOCHS}
    numbers = {"best": mious[reached], "best_epoch": rows[reached][0], "waited": waited, "epoch": rows[-1][0]}
    return Advice("plateau", numbers, "note", (Remedy(changes),) if changes else (), "L11")


def still_rising(curves: Curves) -> Advice | None:
    """The run is finished, and its mIoU was still rising."""
    rows = curves.series("miou")
    if curves.state != "finished" or len(rows) < RISING_EPOCHS:
        return None
    mious = [miou for _, miou in rows]
    best = max(range(len(mious)), key=mious.__getitem__)
    late = len(mious) - max(2, len(mious) // 10)
    before = max(mious[: len(mious) - len(mious) // 3])
    gain = mious[best] - before
    if best < late or gain < RISING_GAIN or gain < jump(mious[len(mious) // 2 :]):
        return None
    more = max(5, len(mious) // 2)
    numbers = {"best": mious[best], "best_epoch": rows[best][0], "gain": gain, "lately": len(mious) // 3, "more": more}
    return Advice("still_rising", numbers, "note", (Remedy({"epochs": more}, way="extend"),), "L11")


def _against_memorising(curves: Curves) -> tuple[Remedy, ...]:
    varied = curves.plan.get("augmentation", {})
    stronger = {name: amount for name, amount in _STRONGER.items() if varied.get(name, 0.0) < amount}
    decay = float(curves.plan.get("weight_decay", 0.0))
    remedies = [Remedy({"augmentation": stronger})] if stronger else []
    if decay < 0.01:
        remedies.append(Remedy({"weight_decay": 0.01}))
    return tuple(remedies)
