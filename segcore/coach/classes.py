"""Does it find all classes? Rules about classes that are too rare to be worth learning for the loss."""

from statistics import median

from segcore.coach.advice import Advice, Number, Remedy, rounded
from segcore.coach.curves import Curves, Epoch
from segcore.coach.trend import WINDOW

MISSED_EPOCHS = 5
MISSED_IOU = 0.005
"""A class below this IoU for so many epochs is not found; a few lucky pixels do not count as finding it."""
MISSED_NAMED = 6
"""So many missed classes are named, those with the most pixels."""

ONE_CLASS_SHARE = 0.995
"""Predicting so much of one class …"""
ONE_CLASS_TRUTH = 0.98
"""… where the truth has at most so much of it: else it would be right to."""
ONE_CLASS_EPOCHS = 2
ONE_CLASS_FROM = 3
"""In the first epochs every network says background."""

FLATTERING_GAP = 0.3
"""Pixel accuracy above the mIoU by so much is the accuracy of the large classes."""
FLATTERING_FROM = 5
"""Epochs: the large classes are always learnt first."""


def one_class(curves: Curves) -> Advice | None:
    """Nearly every pixel gets the same class."""
    last = curves.epochs[-ONE_CLASS_EPOCHS:]
    if len(last) < ONE_CLASS_EPOCHS or last[-1].number < ONE_CLASS_FROM:
        return None
    found = [only for epoch in last if (only := _the_only_class(epoch)) is not None]
    if len(found) < ONE_CLASS_EPOCHS or len({index for index, _, _ in found}) != 1:
        return None
    index, share, truth = found[-1]
    numbers: dict[str, Number] = {
        "class_name": _name(curves, index),
        "share": share,
        "truth": truth,
        "epoch": last[-1].number,
    }
    rate = float(curves.plan.get("learning_rate", 0.0))
    lower = (Remedy({"learning_rate": rounded(rate / 10)}),) if rate else ()
    return Advice("one_class", numbers, "bad", (*lower, *_for_rare_classes(curves)), "L10")


def missed_classes(curves: Curves) -> Advice | None:
    """Some classes are in the validation images and never found."""
    last = curves.epochs[-MISSED_EPOCHS:]
    if len(last) < MISSED_EPOCHS:
        return None
    missed = [
        index
        for index in range(min(len(epoch.iou) for epoch in last))
        if all(_is_missed(epoch, index) for epoch in last)
    ]
    if not missed:
        return None
    support = last[-1].support
    pixels = sum(support)
    missed.sort(key=lambda index: -support[index] if support else index)
    names = [
        f"{_name(curves, index)} ({support[index] / pixels:.1%})" if pixels else _name(curves, index)
        for index in missed[:MISSED_NAMED]
    ]
    more = len(missed) - len(names)
    numbers: dict[str, Number] = {
        "names": ", ".join(names) + (f", + {more}" if more else ""),
        "count": len(missed),
        "epochs": len(last),
    }
    return Advice("missed_classes", numbers, "warning", _for_rare_classes(curves), "L10")


def flattering_accuracy(curves: Curves) -> Advice | None:
    """Pixel accuracy looks good because the large classes are easy."""
    if len(curves.epochs) < FLATTERING_FROM:
        return None
    rows = curves.series("pixel_accuracy", "miou")[-WINDOW:]
    if len(rows) < WINDOW or median(accuracy - miou for _, accuracy, miou in rows) <= FLATTERING_GAP:
        return None
    number, accuracy, miou = rows[-1]
    numbers = {"accuracy": accuracy, "miou": miou, "epoch": number}
    return Advice("flattering_accuracy", numbers, "note", _for_rare_classes(curves), "L14")


def _the_only_class(epoch: Epoch) -> tuple[int, float, float] | None:
    """(class, its share of the prediction, its share of the truth) where the prediction is all one class."""
    pixels = sum(epoch.support)
    if not pixels or len(epoch.support) != len(epoch.predicted):
        return None
    index = max(range(len(epoch.predicted)), key=epoch.predicted.__getitem__)
    share, right = epoch.predicted[index] / pixels, epoch.support[index] / pixels
    return (index, share, right) if share >= ONE_CLASS_SHARE and right <= ONE_CLASS_TRUTH else None


def _is_missed(epoch: Epoch, index: int) -> bool:
    iou = epoch.iou[index]
    occurs = not epoch.support or epoch.support[index] > 0
    return occurs and iou is not None and iou < MISSED_IOU


def _name(curves: Curves, index: int) -> str:
    return curves.classes[index] if index < len(curves.classes) else str(index)


def _for_rare_classes(curves: Curves) -> tuple[Remedy, ...]:
    remedies = []
    if curves.plan.get("class_weights", "none") == "none":
        remedies.append(Remedy({"class_weights": "median_frequency"}))
    if curves.plan.get("loss", "cross_entropy") in ("cross_entropy", "bce", "mse"):
        remedies.append(Remedy({"loss": "ce_dice", "loss_options": {}}))
    return tuple(remedies)
