"""How a validation is reported for each task: the primary metric, the facts of its event, the score on a card.

A classifier is a segmenter with a single pixel per image: logits (N, K, 1, 1), target (N, 1, 1).
"""

import math

from segcore.checkpoint import Score, Task
from segcore.metrics import Scores

_AREA_METRICS = ("iou", "miou", "frequency_weighted_iou", "dice", "mean_dice", "pixel_accuracy")

CONVENTION = "Share of the validation images whose class is correct, each image counted once."


def primary_metric(task: Task, report: Scores) -> tuple[str, float]:
    """The metric that training maximises: ("miou", …) or ("accuracy", …), 0 … 1, NaN if nothing was labelled.

    In a classification each "pixel" of the report is a whole image.
    """
    return ("miou", report.miou) if task == "semantic" else ("accuracy", report.pixel_accuracy)


def validation_facts(task: Task, report: Scores) -> dict[str, object]:
    """The scores in a ``val`` event. A classification has no areas: IoU and related metrics are None."""
    facts = report.to_dict()
    if task == "semantic":
        return facts
    empty = {name: [None] * len(report.classes) if name in ("iou", "dice") else None for name in _AREA_METRICS}
    return facts | empty | {"accuracy": facts["pixel_accuracy"], "convention": CONVENTION}


def card_scores(task: Task, report: Scores, *, data: str, images: int) -> list[Score]:
    """The primary metric for a checkpoint's card, with IoU or recall per class; empty if nothing was labelled."""
    value = primary_metric(task, report)[1]
    if math.isnan(report.miou):
        return []
    per_class = report.iou if task == "semantic" else report.recall
    return [
        Score(
            metric="mIoU" if task == "semantic" else "accuracy",
            value=value,
            convention=report.convention if task == "semantic" else CONVENTION,
            data=data,
            split="validation",
            images=images,
            per_class={
                name: None if math.isnan(score) else score
                for name, score in zip(report.classes, per_class, strict=True)
            },
            source="this project's train command",
        )
    ]
