"""Rules about classes that are so rare that they hardly affect the loss."""

from statistics import median

from segcore.advice import Advice, Remedy, rounded
from segcore.coach.curves import Curves, Epoch
from segcore.coach.trend import WINDOW
from segcore.errors import Message, joined

MISSED_EPOCHS = 5
MISSED_IOU = 0.005
"""A class whose IoU stays below this for MISSED_EPOCHS counts as not predicted, in spite of a few lucky pixels."""
MISSED_NAMED = 6
"""Maximum number of missed classes that are named, those with the most pixels first."""

ONE_CLASS_SHARE = 0.995
"""Share of the predicted pixels above which one class dominates …"""
ONE_CLASS_TRUTH = 0.98
"""… if its share of the ground truth is at most this: otherwise the prediction would be correct."""
ONE_CLASS_EPOCHS = 2
ONE_CLASS_FROM = 3
"""In the first epochs every network predicts background only."""

FLATTERING_GAP = 0.3
"""A larger gap between pixel accuracy and mIoU comes from the large classes."""
FLATTERING_FROM = 5
"""First epoch for this rule: the large classes are always learnt first."""


def one_class(curves: Curves) -> Advice | None:
    """Advice where nearly every pixel is predicted as the same class."""
    last = curves.epochs[-ONE_CLASS_EPOCHS:]
    if len(last) < ONE_CLASS_EPOCHS or last[-1].number < ONE_CLASS_FROM:
        return None
    found = [only for epoch in last if (only := _the_only_class(epoch)) is not None]
    if len(found) < ONE_CLASS_EPOCHS or len({index for index, _, _ in found}) != 1:
        return None
    index, share, truth = found[-1]
    facts = {"class_name": _name(curves, index), "share": share, "truth": truth, "epoch": last[-1].number}
    rate = float(curves.plan.get("learning_rate", 0.0))
    lower = (Remedy("clone", {"learning_rate": rounded(rate / 10)}),) if rate else ()
    return Advice("coach.one_class", "error", facts, (*lower, *_for_rare_classes(curves)), "losses")


def missed_classes(curves: Curves) -> Advice | None:
    """Advice where some classes of the validation images are never predicted."""
    last = curves.epochs[-MISSED_EPOCHS:]
    if len(last) < MISSED_EPOCHS:
        return None
    classes = range(min(len(epoch.iou) for epoch in last))
    missed = [index for index in classes if all(_is_missed(epoch, index) for epoch in last)]
    if not missed:
        return None
    support = last[-1].support
    pixels = sum(support)
    missed.sort(key=lambda index: -support[index] if support else index)
    names = [
        joined([_name(curves, index), f" ({support[index] / pixels:.1%})"], "") if pixels else _name(curves, index)
        for index in missed
    ]
    more = [f"+ {len(names) - MISSED_NAMED}"] if len(names) > MISSED_NAMED else []
    facts = {"names": joined([*names[:MISSED_NAMED], *more], ", "), "count": len(missed), "epochs": len(last)}
    return Advice("coach.missed_classes", "warning", facts, _for_rare_classes(curves), "losses")


def flattering_accuracy(curves: Curves) -> Advice | None:
    """Advice where pixel accuracy is high only because the large classes are easy."""
    if len(curves.epochs) < FLATTERING_FROM:
        return None
    numbers, accuracies, mious = curves.series("pixel_accuracy", "miou")
    gaps = [accuracy - miou for accuracy, miou in zip(accuracies, mious, strict=True)][-WINDOW:]
    if len(gaps) < WINDOW or median(gaps) <= FLATTERING_GAP:
        return None
    facts = {"accuracy": accuracies[-1], "miou": mious[-1], "epoch": numbers[-1]}
    return Advice("coach.flattering_accuracy", "note", facts, _for_rare_classes(curves), "metrics_lab")


def _the_only_class(epoch: Epoch) -> tuple[int, float, float] | None:
    """(class, its share of the prediction, its share of the ground truth) where one class dominates the prediction."""
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


def _name(curves: Curves, index: int) -> Message:
    """A message, so that a well-known class is translated."""
    return Message(curves.classes[index] if index < len(curves.classes) else str(index))


def _for_rare_classes(curves: Curves) -> tuple[Remedy, ...]:
    remedies = []
    if curves.plan.get("class_weights", "none") == "none":
        remedies.append(Remedy("clone", {"class_weights": "median_frequency"}))
    if curves.plan.get("loss", "cross_entropy") in ("cross_entropy", "bce", "mse"):
        remedies.append(Remedy("clone", {"loss": "ce_dice", "loss_options": {}}))
    return tuple(remedies)
