"""Validation of a configuration: everything that would keep its training from starting, found before it starts."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from segcore.errors import BadConfig, Message, SegcoreError, joined
from segcore.losses import build_loss
from segcore.models import build_model
from segcore.train.compute_mode import pick_devices
from segcore.train.config import TrainConfig
from segcore.train.optimiser import build_optimiser, freeze
from segcore.train.training_data import open_data


def problems(config: TrainConfig) -> list[Message]:
    """One message for each problem of device, data, model, loss and optimiser; empty if there is none.

    Nothing is trained, allocated or downloaded: the model is built on the meta device. Datasets are opened, which reads
    their file lists but not the files.
    """
    return [error.message for error in _errors(config)]


def require_valid(config: TrainConfig) -> None:
    """Accept a configuration without problems.

    Raises:
        SegcoreError: the only problem.
        BadConfig: several problems, one per line.
    """
    errors = _errors(config)
    if len(errors) == 1:
        raise errors[0]
    if errors:
        raise BadConfig(joined(error.message for error in errors))


def _errors(config: TrainConfig) -> list[SegcoreError]:
    found: list[SegcoreError] = []
    with _collect(found):
        pick_devices(config)
    num_classes, in_channels = len(config.classes) or 2, 3
    with _collect(found):
        data = open_data(config)
        num_classes, in_channels = len(data.train.classes), data.train.in_channels
    # Without pretrained weights, which would be read or downloaded.
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
