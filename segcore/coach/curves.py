"""The events of a run as series of numbers."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from math import isfinite
from statistics import fmean
from typing import Any

from segcore.runs import Event, Run


@dataclass(frozen=True)
class LoggedStep:
    """One logged step; the epoch counts from 1. Unknown and non-finite values are None.

    ``rate`` is the learning rate, ``wait_share`` the share of the epoch so far that was spent waiting for data.
    """

    epoch: int
    loss: float | None
    rate: float | None
    wait_share: float | None = None


@dataclass(frozen=True)
class Epoch:
    """One epoch with its validation, counted from 1. Unknown and non-finite values are None, or empty per class.

    Attributes:
        train_loss: mean over its logged steps.
        iou: per class; None for a class that is neither in the ground truth nor predicted.
        support: ground-truth pixels per class.
        predicted: predicted pixels per class.
        rate: the highest learning rate of its logged steps.
        wait_share: share of the training time spent waiting for data.
    """

    number: int
    train_loss: float | None = None
    val_loss: float | None = None
    miou: float | None = None
    pixel_accuracy: float | None = None
    iou: tuple[float | None, ...] = ()
    support: tuple[int, ...] = ()
    predicted: tuple[int, ...] = ()
    rate: float | None = None
    wait_share: float | None = None


@dataclass(frozen=True)
class Curves:
    """The input of the rules: the epochs with a validation, and what is known about the run.

    Attributes:
        plan: the current settings.
        state: one of `segcore.runs.STATES`.
        nan_remedies: number of times the run returned to its last save because the loss was not finite.
        gpu_percent: measured use of the GPU; empty without one.
        cores: of the CPU.
    """

    epochs: tuple[Epoch, ...] = ()
    steps: tuple[LoggedStep, ...] = ()
    classes: tuple[str, ...] = ()
    plan: Mapping[str, Any] = field(default_factory=dict)
    state: str = "running"
    nan_remedies: int = 0
    gpu_percent: tuple[float, ...] = ()
    cores: int | None = None

    def series(self, *names: str) -> list[list[Any]]:
        """The numbers of the epochs that have all of these attributes, and the values of each attribute."""
        rows = [[getattr(epoch, name) for name in ("number", *names)] for epoch in self.epochs]
        known = [row for row in rows if None not in row]
        return [[row[column] for row in known] for column in range(1 + len(names))]


def read_curves(run: Run) -> Curves:
    """The curves of a run as they are now; events of older runs may lack any fact.

    Raises:
        BadRun: its plan cannot be read.
    """
    by_kind: dict[str, list[Event]] = defaultdict(list)
    for event in run.timeline(("setup", "step", "val", "amended", "meter")):
        by_kind[event["kind"]].append(event)
    steps = tuple(
        LoggedStep(
            event["epoch"] + 1,
            None if event.get("unlabelled") else _number(event, "loss"),
            _number(event, "rate"),
            _number(event, "wait_share"),
        )
        for event in by_kind["step"]
    )
    per_epoch = {number: list(group) for number, group in groupby(steps, key=lambda step: step.epoch)}
    setup = by_kind["setup"][-1] if by_kind["setup"] else {}
    meters = by_kind["meter"]
    return Curves(
        epochs=tuple(_epoch(event, per_epoch.get(event["epoch"] + 1, ())) for event in by_kind["val"]),
        steps=steps,
        classes=tuple(setup.get("classes", ())),
        plan=run.plan,
        state=run.status(),
        nan_remedies=sum(event.get("cause") == "nan" for event in by_kind["amended"]),
        gpu_percent=tuple(event["gpu_percent"] for event in meters if "gpu_percent" in event),
        cores=meters[-1].get("cores") if meters else None,
    )


def _epoch(event: Event, steps: Sequence[LoggedStep]) -> Epoch:
    losses = [step.loss for step in steps if step.loss is not None]
    rates = [step.rate for step in steps if step.rate is not None]
    seconds, waited = _number(event, "train_seconds"), _number(event, "wait_seconds")
    return Epoch(
        number=event["epoch"] + 1,
        train_loss=fmean(losses) if losses else None,
        val_loss=_number(event, "loss"),
        miou=_number(event, "miou"),
        pixel_accuracy=_number(event, "pixel_accuracy"),
        iou=tuple(event.get("iou", ())),
        support=tuple(event.get("support", ())),
        predicted=_predicted(event),
        rate=max(rates, default=None),
        wait_share=waited / seconds if seconds and waited is not None else None,
    )


def _predicted(event: Event) -> tuple[int, ...]:
    """Predicted pixels per class, computed from the ratios where the event has no confusion matrix (many classes)."""
    if event.get("counts"):
        return tuple(map(sum, zip(*event["counts"], strict=True)))  # rows: ground truth, columns: prediction
    facts = zip(event.get("recall", ()), event.get("support", ()), event.get("precision", ()), strict=False)
    return tuple(round(recall * true / precision) if recall and precision else 0 for recall, true, precision in facts)


def _number(event: Event, name: str) -> float | None:
    value = event.get(name)
    return value if isinstance(value, int | float) and isfinite(value) else None
