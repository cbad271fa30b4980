"""Rules that combine several settings of a training: ``conflicts(fields)`` lists what does not fit together."""

from collections.abc import Iterator

from segcore.data import has_image_labels
from segcore.errors import BadConfig, Message
from segcore.losses import build_loss
from segcore.models import CLASSIFIERS, ENCODERS, model_options, option_problems
from segcore.models.classifier import SIDE
from segcore.train.config_fields import ConfigFields

_IMAGE_LOSSES = ("cross_entropy", "focal_softmax", "focal_sigmoid", "ohem", "bce", "mse")
"""Losses that make sense for a single class per image."""


def conflicts(fields: ConfigFields) -> list[Message]:
    """One message, without a full stop, for each conflict between settings; empty if there is none."""
    task = _of_classification(fields) if fields.task == "classification" else _of_segmentation(fields)
    return [
        *_of_model(fields),
        *_of_loss(fields),
        *_of_data(fields),
        *_of_schedule(fields),
        *task,
        *_of_processes(fields),
    ]


def _of_model(fields: ConfigFields) -> Iterator[Message]:
    known = model_options(fields.model)
    for name in fields.options:
        if name not in known:
            yield Message(
                "{model} has no option {name!r}; it has {known}", model=fields.model, name=name, known=list(known)
            )
    wrong: dict[str, tuple[str, str]] = {}
    for name, *facts in option_problems(fields.model, fields.options):
        wrong.setdefault(name, (facts[0], facts[1]))  # of several allowed types the first one
    for name, (value, problem) in wrong.items():
        if name in known and name != "encoder":
            yield Message("options.{name} is {value}: {problem}", name=name, value=value, problem=problem)
    encoder = fields.options.get("encoder")
    if encoder is not None and "encoder" in known and encoder not in ENCODERS and encoder != known["encoder"]:
        yield Message("there is no encoder {encoder!r}; known: {known}", encoder=encoder, known=list(ENCODERS))


def _of_loss(fields: ConfigFields) -> Iterator[Message]:
    try:
        build_loss(fields.loss, num_classes=2, **fields.loss_options)
    except BadConfig as error:
        yield error.message


def _of_data(fields: ConfigFields) -> Iterator[Message]:
    if fields.repeat and len(fields.repeat) != len(fields.data):
        yield Message(
            "repeat has {count} numbers for {datasets} datasets; give one for each",
            count=len(fields.repeat),
            datasets=len(fields.data),
        )
    if any(count < 1 for count in fields.repeat):
        yield Message("repeat is {repeat}; each number must be at least 1", repeat=str(fields.repeat))
    if fields.folds == 1:
        yield Message("folds is 1; a cross validation needs at least 2, and 0 means none")
    if fields.fold >= max(fields.folds, 1):
        yield Message("fold is {fold} of {folds} folds; they are counted from 0", fold=fields.fold, folds=fields.folds)
    if fields.folds and fields.val_data:
        yield Message("folds and val_data exclude each other: both determine the validation data")
    if len(set(fields.classes)) != len(fields.classes):
        yield Message("classes names a class twice: {classes}", classes=fields.classes)
    if fields.class_map and not fields.classes:
        yield Message("class_map needs classes: name the classes to learn")


def _of_schedule(fields: ConfigFields) -> Iterator[Message]:
    if fields.warmup >= fields.epochs:
        yield Message(
            "warmup is {warmup} epochs of {epochs}; it must be shorter than the training",
            warmup=fields.warmup,
            epochs=fields.epochs,
        )


def _of_segmentation(fields: ConfigFields) -> Iterator[Message]:
    if fields.model in CLASSIFIERS:
        yield Message(
            "{model} predicts one class for a whole image, which is another task; set task to classification",
            model=fields.model,
        )
    if any(map(has_image_labels, (*fields.data, *fields.val_data))):
        yield Message("cifar10 contains images with one class each and no masks; set task to classification")


def _of_classification(fields: ConfigFields) -> Iterator[Message]:
    if fields.model not in CLASSIFIERS:
        yield Message(
            "{model} labels pixels; the task classification takes {known}", model=fields.model, known=list(CLASSIFIERS)
        )
    if not all(map(has_image_labels, fields.data)):
        yield Message(
            "data is {data}; the task classification learns from images with one class each: cifar10, or "
            "cifar10:2000 for the first 2,000 of them",
            data=fields.data,
        )
    if fields.val_data:
        yield Message("val_data must be empty: val_share of the images is used for validation")
    if fields.folds > 0:
        yield Message("folds must be 0: a cross validation compares masks, and the task is classification")
    if fields.size != SIDE or fields.working_side is not None:
        yield Message(
            "size must be {side} and working_side none: fully connected layers take images of {side} × {side} pixels "
            "only",
            side=SIDE,
        )
    if fields.loss not in _IMAGE_LOSSES:
        yield Message(
            "{loss} measures areas, and one class for a whole image has none; use one of {known}",
            loss=fields.loss,
            known=list(_IMAGE_LOSSES),
        )
    if fields.samples > 0:
        yield Message("samples must be 0: a classifier predicts no masks")
    if fields.augmentation.class_aware_crop > 0 or fields.augmentation.copy_paste > 0:
        yield Message(
            "class_aware_crop and copy_paste must be 0: they select objects in masks, and images with one class have "
            "none"
        )


def _of_processes(fields: ConfigFields) -> Iterator[Message]:
    if fields.batch_size < fields.processes:
        yield Message(
            "batch_size is {batch_size}, but {processes} processes share a batch; each needs an image",
            batch_size=fields.batch_size,
            processes=fields.processes,
        )
    if fields.processes > 1 and fields.device == "mps":
        yield Message("devices and nodes must be 1 on mps: Apple's GPUs do not train together")
    if fields.node_rank >= fields.nodes:
        yield Message(
            "node_rank is {node_rank} of {nodes} machines; they are counted from 0",
            node_rank=fields.node_rank,
            nodes=fields.nodes,
        )
    host, _, port = fields.rendezvous.rpartition(":")
    if fields.nodes > 1 and not (host and port.isdecimal() and 0 < int(port) < 65536):
        yield Message(
            "rendezvous is {rendezvous!r}; {nodes} machines meet at HOST:PORT of machine 0",
            rendezvous=fields.rendezvous,
            nodes=fields.nodes,
        )
