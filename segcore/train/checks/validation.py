"""Validation of a configuration before anything is started: all problems at once."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from segcore.errors import SegcoreError
from segcore.losses import build_loss
from segcore.models import build_model
from segcore.train.compute_mode import pick_devices
from segcore.train.config import TrainConfig
from segcore.train.training_data import open_data


def problems(config: TrainConfig) -> list[str]:
    """One message for each problem of data, model, loss and device; empty if there is none.

    Nothing is trained, allocated or downloaded: the model is built on the meta device. Datasets are opened, which reads
    the list of their files and not the files.
    """
    found: list[str] = []
    with _noting(found):
        pick_devices(config)
    num_classes, in_channels = len(config.classes) or 2, 3
    with _noting(found):
        data = open_data(config)
        num_classes, in_channels = len(data.train.classes), data.train.in_channels
    with _noting(found), torch.device("meta"):
        build_model(config.model, num_classes=num_classes, in_channels=in_channels, **_without_weights(config))
    with _noting(found):
        build_loss(config.loss, num_classes=num_classes, **config.loss_options)
    return found


def _without_weights(config: TrainConfig) -> dict[str, object]:
    """The model's options without pretrained weights, which would be read or downloaded."""
    return {name: value for name, value in config.options.items() if name != "encoder_weights"}


@contextmanager
def _noting(found: list[str]) -> Iterator[None]:
    """Collects an error instead of raising it, so that the next check runs all the same."""
    try:
        yield
    except SegcoreError as error:
        found.append(error.message)
