"""Curves of trainings as they happen, drawn instead of trained."""

import math
import random
from collections.abc import Callable, Sequence
from typing import Any

from segcore.coach import Curves, Epoch, LoggedStep

PLAN = {
    **{"learning_rate": 0.001, "clip_norm": 0.0, "weight_decay": 0.0001, "schedule": "poly", "early_stop": 0},
    **{"loss": "cross_entropy", "class_weights": "none", "workers": 2, "epochs": 30, "augmentation": {"flip": 0.5}},
}
CLASSES = ("road", "car", "pole", "ghost")
PIXELS = (900, 96, 4, 0)
"""Of the truth; "ghost" never occurs."""

Values = Sequence[float | None]


def falling(epochs: int, begin: float = 1.5, end: float = 0.3, speed: float = 4.0) -> list[float]:
    """A loss as it should be: fast at first, then slower and slower."""
    return [end + (begin - end) * math.exp(-speed * epoch / epochs) for epoch in range(epochs)]


def rising(epochs: int, end: float = 0.6, speed: float = 5.0) -> list[float]:
    """A score as it should be."""
    return [end * (1 - math.exp(-speed * (epoch + 1) / epochs)) for epoch in range(epochs)]


def noisy(values: Sequence[float], share: float, seed: int = 0) -> list[float]:
    """Each value off by about this share of itself."""
    draw = random.Random(seed)
    return [value * max(0.1, draw.gauss(1.0, share)) for value in values]


def straight(epochs: int, begin: float, end: float) -> list[float]:
    """From one value to another in equal steps."""
    return [begin + (end - begin) * epoch / max(1, epochs - 1) for epoch in range(epochs)]


def made(
    train: Values = (),
    val: Values = (),
    miou: Values = (),
    *,
    begin: float = 2.0,
    each: Callable[[int], dict[str, Any]] = lambda number: {},
    steps: Sequence[LoggedStep] | None = None,
    plan: dict[str, Any] | None = None,
    **facts: Any,
) -> Curves:
    """Curves of as many epochs as the longest series has; what is not given is healthy.

    Args:
        train: training loss by epoch; None in a series is a value that was no number.
        val: validation loss.
        miou: mean IoU.
        begin: loss of the very first step.
        each: more facts of the epoch with a number.
        steps: all logged steps; else ten an epoch at that epoch's loss.
        plan: settings other than PLAN's.
        facts: more of Curves.
    """
    epochs = max(map(len, (train, val, miou)), default=0)
    train, val = train or falling(epochs), val or falling(epochs, end=0.4)
    miou = miou or rising(epochs)
    plan = PLAN | (plan or {})
    if steps is None:
        steps = [LoggedStep(1, begin, plan["learning_rate"])] * 3
        steps += [
            LoggedStep(epoch + 1, loss, plan["learning_rate"]) for epoch, loss in enumerate(train) for _ in range(10)
        ]
    made_epochs = [
        Epoch(
            **{
                "number": index + 1,
                "train_loss": train[index],
                "val_loss": val[index],
                "miou": miou[index],
                "pixel_accuracy": None if miou[index] is None else min(1.0, miou[index] + 0.2),  # type: ignore[operator]
                "iou": (0.9, 0.5, 0.3, None),
                "support": PIXELS,
                "predicted": (900, 90, 10, 0),
                "rate": plan["learning_rate"],
                "wait_share": 0.05,
                **each(index + 1),
            }
        )
        for index in range(epochs)
    ]
    return Curves(epochs=tuple(made_epochs), steps=tuple(steps), classes=CLASSES, plan=plan, **facts)
