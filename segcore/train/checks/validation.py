"""Validation of a configuration: everything that would keep its training from starting, found before it starts."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

import torch

from segcore.advice import Advice
from segcore.data import dataset_splits
from segcore.data.precheck import check_accepted, precheck, refuse
from segcore.data.splits import VAL
from segcore.errors import BadConfig, Message, SegcoreError, joined
from segcore.losses import build_loss
from segcore.models import build_model, read_weights
from segcore.train.compute_mode import pick_devices
from segcore.train.config import TrainConfig
from segcore.train.optimiser import build_optimiser, freeze
from segcore.train.training_data import open_data, splits_to_use


def problems(config: TrainConfig, accept: Collection[str] = ()) -> list[Message]:
    """One message for each problem of device, data, model, loss and optimiser; empty if there is none.

    Nothing is trained, allocated or downloaded: the model is built on the meta device. Of each dataset a sample is
    checked (`segcore.data.precheck`); errors of the kinds in ``accept`` are no problem.
    """
    return [error.message for error in _errors(config, accept, [])]


def require_valid(config: TrainConfig, accept: Collection[str] = (), *, with_data: bool = True) -> list[Advice]:
    """Accept a configuration without problems; returns the warnings about its data.

    Without ``with_data`` the data is opened, but no sample of it is checked.

    Raises:
        SegcoreError: the only problem.
        BadConfig: several problems, one per line.
    """
    warnings: list[Advice] = []
    errors = _errors(config, accept, warnings if with_data else None)
    if len(errors) == 1:
        raise errors[0]
    if errors:
        raise BadConfig(joined(error.message for error in errors))
    return warnings


def require_sound_data(
    config: TrainConfig, accept: Collection[str] = (), *, validation_only: bool = False
) -> list[Advice]:
    """The findings of `data_findings` that do not stop: warnings, and errors of the kinds in ``accept``.

    Raises:
        UnsoundData: other errors.
        BadConfig: a kind that cannot be accepted.
    """
    check_accepted(accept)
    warnings: list[Advice] = []
    for spec, findings in data_findings(config, validation_only=validation_only):
        refuse(spec, findings, accept)
        warnings += findings
    return warnings


def data_findings(config: TrainConfig, *, validation_only: bool = False) -> list[tuple[str, list[Advice]]]:
    """Each dataset of a configuration with the errors and warnings about a sample of the splits that it uses.

    With ``validation_only`` those splits only that the images to validate on are taken from.

    Raises:
        SegcoreError: a dataset cannot be opened.
    """
    used: list[tuple[str, tuple[str, ...] | None]] = []
    for spec in config.data:
        splits = splits_to_use(spec, config)
        if not validation_only:
            used.append((spec, splits.named))
        elif splits.val is not None:
            used.append((spec, (splits.val,)))
        elif config.folds or not config.val_data:  # a part of its images
            used.append((spec, splits.named))
    used += [(spec, (VAL,) if VAL in dataset_splits(spec) else None) for spec in config.val_data]
    return [(spec, precheck(spec, splits)) for spec, splits in used]


def _errors(config: TrainConfig, accept: Collection[str], warnings: list[Advice] | None) -> list[SegcoreError]:
    """All problems; ``warnings`` gets what was found in a sample of the data, None checks no sample."""
    check_accepted(accept)
    found: list[SegcoreError] = []
    with _collect(found):
        pick_devices(config)
    num_classes, in_channels = len(config.classes) or 2, 3
    with _collect(found):
        data = open_data(config)
        num_classes, in_channels = len(data.train.classes), data.train.in_channels
        if warnings is not None:
            for spec, findings in data_findings(config):
                warnings += findings
                with _collect(found):
                    refuse(spec, findings, accept)
    with _collect(found):
        weights = str(config.options.get("encoder_weights", "none"))
        if weights not in ("none", "imagenet"):
            read_weights(Path(weights))
    # Without pretrained weights, which would be read again or downloaded.
    options = {name: value for name, value in config.options.items() if name != "encoder_weights"}
    with _collect(found), torch.device("meta"):
        model = build_model(config.model, num_classes=num_classes, in_channels=in_channels, **options)
        freeze(config, model)
        build_optimiser(config, model)
    with _collect(found):
        build_loss(config.loss, num_classes=num_classes, **config.loss_options)
    return found


@contextmanager
def _collect(found: list[SegcoreError]) -> Iterator[None]:
    """Append an error of the block to the list and continue after it."""
    try:
        yield
    except SegcoreError as error:
        found.append(error)
