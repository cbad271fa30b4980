"""Parts: data, model, loss and optimiser, built from a configuration.

All randomness here depends on ``config.seed``; nothing here loops over steps.
"""

import math
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import islice
from pathlib import Path

import numpy as np
import torch
from lightning_fabric import Fabric
from lightning_fabric.wrappers import _FabricModule
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel

from segcore.checkpoint import CheckpointCard, Score, load_card, save_checkpoint
from segcore.data import (
    Batch,
    Batches,
    EvalTransform,
    ImageHashing,
    Normalisation,
    SegDataset,
    TrainTransform,
    class_counts,
    dataset_range,
    eval_loader,
    pack_hashes,
    train_loader,
    unpack_hashes,
    weights_from_counts,
)
from segcore.losses import Loss, build_loss
from segcore.models import build_model
from segcore.train import collectives
from segcore.train.compute_mode import ComputeMode, choose_compute_mode, make_fabric, pick_device
from segcore.train.config import TrainConfig
from segcore.train.optimiser import build_optimiser, freeze, moving_average
from segcore.train.sync_batchnorm import synchronise_batchnorm
from segcore.train.training_data import Data, normalisation_for, open_data

_HASHING_SECONDS = 3.0
"""Maximum time that a checkpoint waits for the hashes of training images; later checkpoints have the rest."""


@dataclass
class Parts:
    """Everything that one process of a training holds.

    Attributes:
        model: wrapped by Fabric; ``net`` is the module itself.
        ema: exponential moving average of the weights, or None.
        first_epoch: where training starts; not 0 if it is resumed.
        first_step: steps of that epoch that are already done.
        history: the primary metric of every finished epoch: validation mIoU, or a classifier's accuracy.
        hashing: of the training images, once it has begun; ``image_hashes``: what the last checkpoint has of it.
    """

    config: TrainConfig
    fabric: Fabric
    mode: ComputeMode
    data: Data
    normalisation: Normalisation
    model: _FabricModule
    net: nn.Module
    ema: AveragedModel | None
    optimiser: torch.optim.Optimizer
    loss: Loss
    steps_per_epoch: int
    first_epoch: int = 0
    first_step: int = 0
    history: list[float] = field(default_factory=list)
    hashing: ImageHashing | None = None
    image_hashes: str = ""

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes in the order of their ids."""
        return tuple(self.data.train.classes)

    @property
    def best_score(self) -> float:
        """Best primary metric so far; minus infinity before the first."""
        return max((score for score in self.history if not math.isnan(score)), default=float("-inf"))

    def evaluated_model(self) -> nn.Module:
        """The model that is validated and saved: with EMA weights if there are any."""
        return self.net if self.ema is None else self.ema.module

    def train_batches(
        self, epoch: int, first_step: int = 0, should_stop: Callable[[], bool] | None = None
    ) -> Iterator[list[Batch]]:
        """Groups of ``accumulate`` batches, without the first ones; order and augmentation depend on (seed, epoch).

        ``should_stop`` ends waiting for a batch by `WaitingStopped`.
        """
        loader = train_loader(
            self.data.train,
            TrainTransform(
                self.config.size, self.config.augmentation, self.normalisation, working_side=self.config.working_side
            ),
            batch_size=self.config.batch_size,
            seed=self.config.seed,
            epoch=epoch,
            workers=self.config.workers,
            rank=self.fabric.global_rank,
            ranks=self.fabric.world_size,
            accumulate=self.config.accumulate,
            one_label=self.config.task == "classification",
        )
        loader = replace(loader, plan=loader.plan[first_step * self.config.accumulate :])
        batches = iter(replace(loader, should_stop=should_stop) if should_stop else loader)
        while group := list(islice(batches, self.config.accumulate)):
            yield group

    @property
    def images_per_step(self) -> int:
        """Number of images in the batches of a step, over all processes."""
        return min(self.config.batch_size * self.config.accumulate, len(self.data.train))

    def val_batches(self, should_stop: Callable[[], bool] | None = None) -> Batches:
        """This process's share of the validation images, uncropped, in the order of the dataset.

        ``should_stop`` ends waiting for a batch by `WaitingStopped`.
        """
        loader = eval_loader(
            self.data.val,
            EvalTransform(self.normalisation, working_side=self.config.working_side),
            batch_size=max(1, self.config.batch_size // self.fabric.world_size // 2),
            workers=self.config.workers,
            rank=self.fabric.global_rank,
            ranks=self.fabric.world_size,
            one_label=self.config.task == "classification",
        )
        return replace(loader, should_stop=should_stop) if should_stop else loader

    def save(self, path: Path, scores: list[Score], *, with_hashes: bool = True) -> None:
        """Write a checkpoint: the evaluated weights with their card, and hashes of as many training images as known."""
        if with_hashes:
            self.start_hashing()
            assert self.hashing is not None, "it was just started"
            earlier = unpack_hashes(self.image_hashes)
            if not earlier and path.exists():
                # Data may have changed before a resume: the weights have learnt from the earlier images, too.
                earlier = unpack_hashes(load_card(path).image_hashes)
            self.image_hashes = pack_hashes(earlier | self.hashing.collect(_HASHING_SECONDS))
        save_checkpoint(path, self.evaluated_model(), self._card(path.stem, scores))

    def start_hashing(self) -> None:
        """Hash the training images in a thread, once."""
        if self.hashing is None:
            self.hashing = ImageHashing(self.data.train)

    @cached_property
    def _value_range(self) -> tuple[float, float] | None:
        return dataset_range(self.data.train)

    def _card(self, name: str, scores: list[Score]) -> CheckpointCard:
        data = self.data.train
        return CheckpointCard(
            name=name,
            title=self.config.title or f"{self.config.model} on {data.title}",
            task=self.config.task,
            architecture=self.config.model,
            options=dict(self.config.options),
            in_channels=data.in_channels,
            classes=self.classes,
            colours=data.colours,
            mean=self.normalisation.mean,
            std=self.normalisation.std,
            working_side=self.config.working_side,
            value_range=self._value_range,
            training_data=tuple(self.data.credits),
            image_hashes=self.image_hashes,
            scores=tuple(scores),
            licence=self.config.licence,
        )


def build(config: TrainConfig, *, mode: ComputeMode | None = None) -> Parts:
    """Build all parts of a run; ``mode``: the compute mode of a resumed run, None chooses one.

    Raises:
        SegcoreError: data, classes, options or device do not fit.
    """
    seed(config.seed)
    data = open_data(config)
    classes, in_channels = data.train.classes, data.train.in_channels
    model = build_model(config.model, num_classes=len(classes), in_channels=in_channels, **config.options)
    loss = build_loss(
        config.loss, num_classes=len(classes), class_weights=_class_weights(config, data.train), **config.loss_options
    )
    if mode is None:  # measurements of different processes might lead to different modes
        mode = collectives.broadcast(lambda: choose_compute_mode(config, model, loss, in_channels=in_channels))
    pick_device(mode.device)  # raises if the device of a resumed run is gone
    fabric = make_fabric(config, mode)
    fabric.launch()
    if collectives.world_size() > 1:
        if config.sync_batchnorm == "on":
            model = synchronise_batchnorm(model, mode.device)
        seed(config.seed + collectives.rank())  # the weights are equal by now; dropout must differ
    if mode.channels_last:
        model = model.to(memory_format=torch.channels_last)
    freeze(config, model)
    wrapped, optimiser = fabric.setup(model, build_optimiser(config, model))
    return Parts(
        config=config,
        fabric=fabric,
        mode=mode,
        data=data,
        normalisation=normalisation_for(in_channels),
        model=wrapped,
        net=model,
        ema=moving_average(model, config.ema) if config.ema > 0 else None,
        optimiser=optimiser,
        loss=loss.to(fabric.device),
        steps_per_epoch=steps_in_epoch(config, len(data.train)),
    )


def steps_in_epoch(config: TrainConfig, images: int) -> int:
    """Number of optimiser steps in an epoch over this number of images; see `train_loader` for what is left out."""
    return max(1, images // (config.batch_size * config.accumulate))


def seed(number: int) -> None:
    """Seed all random number generators of this process."""
    random.seed(number)
    np.random.seed(number)
    torch.manual_seed(number)


def _class_weights(config: TrainConfig, data: SegDataset) -> Tensor | None:
    if config.class_weights == "none":
        return None
    return torch.from_numpy(weights_from_counts(class_counts(data), config.class_weights))
