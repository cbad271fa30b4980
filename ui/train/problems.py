"""Everything that is wrong with a configuration, found before anything starts and told at once."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from segcore.errors import SegcoreError
from segcore.losses import build_loss
from segcore.models import build_model
from segcore.train import TrainConfig
from segcore.train.compute_mode import pick_devices
from segcore.train.training_data import open_data


def problems(config: TrainConfig) -> list[str]:
    """One sentence for each problem of data, model, loss and device; empty where all is well.

    Nothing is trained, allocated or downloaded: the model is built without numbers. Datasets are opened, which reads
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
    """The model's options without the pretrained weights: those would be read, or downloaded, to build it."""
    return {name: value for name, value in config.options.items() if name != "encoder_weights"}


@contextmanager
def _noting(found: list[str]) -> Iterator[None]:
    """What goes wrong inside is noted, and the next check is made all the same."""
    try:
        yield
    except SegcoreError as error:
        found.append(error.message)
