"""Rules that combine several settings of a training: ``conflicts(fields)`` lists what does not fit together."""

from collections.abc import Iterator

from segcore.data import is_pictures
from segcore.models import CLASSIFIERS, ENCODERS, model_options
from segcore.models.classifier import SIDE
from segcore.train.config_fields import ConfigFields

_IMAGE_LOSSES = ("cross_entropy", "focal_softmax", "focal_sigmoid", "ohem", "bce", "mse")
"""Losses that make sense for a single class per image."""


def conflicts(fields: ConfigFields) -> list[str]:
    """One sentence, without a full stop, for each conflict between settings; empty if there is none."""
    task = _of_classification(fields) if fields.task == "classification" else _of_segmentation(fields)
    return [*_of_model(fields), *_of_data(fields), *_of_training(fields), *task, *_of_processes(fields)]


def _of_model(fields: ConfigFields) -> Iterator[str]:
    known = model_options(fields.model)
    for name in fields.options:
        if name not in known:
            yield f"{fields.model} has no option {name!r}; it has {', '.join(known)}"
    encoder = fields.options.get("encoder")
    if encoder is not None and "encoder" in known and encoder not in ENCODERS and encoder != known["encoder"]:
        yield f"there is no encoder {encoder!r}; known: {', '.join(ENCODERS)}"


def _of_data(fields: ConfigFields) -> Iterator[str]:
    if fields.repeat and len(fields.repeat) != len(fields.data):
        yield f"repeat has {len(fields.repeat)} numbers for {len(fields.data)} datasets; give one for each"
    if any(count < 1 for count in fields.repeat):
        yield f"repeat is {fields.repeat}; each number must be at least 1"
    if fields.folds == 1:
        yield "folds is 1; a cross validation needs at least 2, and 0 means none"
    if fields.fold >= max(fields.folds, 1):
        yield f"fold is {fields.fold} of {fields.folds} folds; they are counted from 0"
    if fields.folds and fields.val_data:
        yield "folds and val_data exclude each other: both say what to validate on"
    if len(set(fields.classes)) != len(fields.classes):
        yield f"classes names a class twice: {', '.join(fields.classes)}"
    if fields.class_map and not fields.classes:
        yield "class_map needs classes: name the classes to learn"


def _of_training(fields: ConfigFields) -> Iterator[str]:
    if fields.warmup >= fields.epochs:
        yield f"warmup is {fields.warmup} epochs of {fields.epochs}; it must be shorter than the training"


def _of_segmentation(fields: ConfigFields) -> Iterator[str]:
    if fields.model in CLASSIFIERS:
        yield (f"{fields.model} says one class for a whole picture, which is another task; set task to classification")
    if any(map(is_pictures, (*fields.data, *fields.val_data))):
        yield "cifar10 holds pictures with one class each and no masks; set task to classification"


def _of_classification(fields: ConfigFields) -> Iterator[str]:
    if fields.model not in CLASSIFIERS:
        yield f"{fields.model} labels pixels; the task classification takes {', '.join(CLASSIFIERS)}"
    if not all(map(is_pictures, fields.data)):
        yield (
            f"data is {', '.join(fields.data)}; the task classification learns from pictures with one class each: "
            "cifar10, or cifar10:2000 for the first 2,000 of them"
        )
    if fields.val_data:
        yield "val_data must be empty: val_share of the pictures is kept for validation"
    if fields.folds > 0:
        yield "folds must be 0: a cross validation compares masks, and the task is classification"
    if fields.size != SIDE or fields.working_side is not None:
        yield (
            f"size must be {SIDE} and working_side none: fully connected layers take pictures of {SIDE} × {SIDE} "
            "pixels only"
        )
    if fields.loss not in _IMAGE_LOSSES:
        yield (
            f"{fields.loss} measures areas, and one class for a whole picture has none; "
            f"take one of {', '.join(_IMAGE_LOSSES)}"
        )
    if fields.samples > 0:
        yield "samples must be 0: a classifier makes no masks to watch"
    if fields.augmentation.class_aware_crop > 0 or fields.augmentation.copy_paste > 0:
        yield (
            "class_aware_crop and copy_paste must be 0: they look for objects in masks, and pictures with one class "
            "have none"
        )


def _of_processes(fields: ConfigFields) -> Iterator[str]:
    if fields.batch_size < fields.processes:
        yield (
            f"batch_size is {fields.batch_size}, but {fields.processes} processes share a batch; each needs an image"
        )
    if fields.processes > 1 and fields.device == "mps":
        yield "devices and nodes must be 1 on mps: Apple's GPUs do not train together"
    if fields.node_rank >= fields.nodes:
        yield f"node_rank is {fields.node_rank} of {fields.nodes} machines; they are counted from 0"
    host, _, port = fields.rendezvous.rpartition(":")
    if fields.nodes > 1 and not (host and port.isdecimal() and 0 < int(port) < 65536):
        yield f"rendezvous is {fields.rendezvous!r}; {fields.nodes} machines meet at HOST:PORT of machine 0"
