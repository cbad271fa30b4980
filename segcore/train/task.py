"""Two tasks, one training: a class for every pixel, or one for a whole picture.

A classifier is a segmenter with a single, picture-sized pixel: logits (N, K, 1, 1), target (N, 1, 1). So losses, steps,
counts, saved states and events are those of any training. What differs stands here: with what a classification begins,
which settings mean nothing to it, and the number that it is judged by.
"""

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from segcore.checkpoint import Score, Task
from segcore.data import has_image_labels
from segcore.errors import Message
from segcore.metrics import Scores
from segcore.models import CLASSIFIERS
from segcore.models.classifier import SIDE

if TYPE_CHECKING:
    from segcore.train.config import TrainConfig

CLASSIFICATION: Mapping[str, Any] = {
    "model": "classifier",
    "data": ["cifar10"],
    "size": SIDE,
    "batch_size": 64,
    "samples": 0,
}
"""What a classification begins with where a setting is not named."""

CLASSIFICATION_AUGMENTATION: Mapping[str, float] = {"scale_min": 0.9, "scale_max": 1.1}
"""Likewise: at half or twice its size little would be seen of a picture of 32 pixels."""

_PICTURE_LOSSES = ("cross_entropy", "focal_softmax", "focal_sigmoid", "ohem", "bce", "mse")
_OF_AREAS = ("iou", "miou", "frequency_weighted_iou", "dice", "mean_dice", "pixel_accuracy")

CONVENTION = "Share of the validation pictures whose class is right, each picture counted once."


def begun(values: Mapping[str, Any]) -> dict[str, Any]:
    """Settings as they were named, over those that their task begins with."""
    settings = dict(values)
    if settings.get("task") != "classification":
        return settings
    varied = settings.get("augmentation", {})
    if isinstance(varied, Mapping):
        settings["augmentation"] = {**CLASSIFICATION_AUGMENTATION, **varied}
    return {**CLASSIFICATION, **settings}


def problems_of_task(config: "TrainConfig") -> list[Message]:
    """A message for each setting that makes no sense for the task."""
    places = (*config.data, *config.val_data)
    if config.task == "semantic":
        found = [
            (
                config.model in CLASSIFIERS,
                Message(
                    "{model} says one class for a whole picture, which is another task; set task to classification",
                    model=config.model,
                ),
            ),
            (
                any(map(has_image_labels, places)),
                Message("cifar10 holds pictures with one class each and no masks; set task to classification"),
            ),
        ]
        return [message for wrong, message in found if wrong]
    augmentation = config.augmentation
    found = [
        (
            config.model not in CLASSIFIERS,
            Message(
                "{model} labels pixels; the task classification takes {known}",
                model=config.model,
                known=list(CLASSIFIERS),
            ),
        ),
        (
            not all(map(has_image_labels, config.data)),
            Message(
                "data is {data}; the task classification learns from pictures with one class each: cifar10, or "
                "cifar10:2000 for the first 2,000 of them",
                data=config.data,
            ),
        ),
        (bool(config.val_data), Message("val_data must be empty: val_share of the pictures is kept for validation")),
        (
            config.folds > 0,
            Message("folds must be 0: a cross validation compares masks, and the task is classification"),
        ),
        (
            config.size != SIDE or config.working_side is not None,
            Message(
                "size must be {side} and working_side none: fully connected layers take pictures of {side} × {side} "
                "pixels only",
                side=SIDE,
            ),
        ),
        (
            config.loss not in _PICTURE_LOSSES,
            Message(
                "{loss} measures areas, and one class for a whole picture has none; take one of {known}",
                loss=config.loss,
                known=list(_PICTURE_LOSSES),
            ),
        ),
        (config.samples > 0, Message("samples must be 0: a classifier makes no masks to watch")),
        (
            augmentation.class_aware_crop > 0 or augmentation.copy_paste > 0,
            Message(
                "class_aware_crop and copy_paste must be 0: they look for objects in masks, and pictures with one "
                "class have none"
            ),
        ),
    ]
    return [message for wrong, message in found if wrong]


def headline(task: Task, report: Scores) -> tuple[str, float]:
    """The number that a training is judged by, and its name in events.

    Args:
        task: of the training.
        report: of a validation; of a classification its "pixels" are whole pictures.

    Returns:
        ("miou", …) or ("accuracy", …), a share 0 … 1, NaN where nothing was labelled.
    """
    return ("miou", report.miou) if task == "semantic" else ("accuracy", report.pixel_accuracy)


def validation_facts(task: Task, report: Scores) -> dict[str, object]:
    """What a ``val`` event says of a validation. A classification has no areas: IoU and its like are None."""
    facts = report.to_dict()
    if task == "semantic":
        return facts
    nothing = {name: [None] * len(report.classes) if name in ("iou", "dice") else None for name in _OF_AREAS}
    return facts | nothing | {"accuracy": facts["pixel_accuracy"], "convention": CONVENTION}


def score_of_card(task: Task, report: Scores, *, data: str, images: int) -> Score:
    """The headline of a validation as a checkpoint's card keeps it, per class too: IoU, or the share that was found."""
    of_classes = report.iou if task == "semantic" else report.recall
    return Score(
        metric="mIoU" if task == "semantic" else "accuracy",
        value=headline(task, report)[1],
        convention=report.convention if task == "semantic" else CONVENTION,
        data=data,
        split="validation",
        images=images,
        per_class={
            name: None if math.isnan(value) else value for name, value in zip(report.classes, of_classes, strict=True)
        },
        source="this project's train command",
    )
