"""From a configuration to the things that train: data, model, loss, optimiser.

Everything random in here hangs on ``config.seed``, and nothing in here loops over steps.
"""

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import torch
from lightning_fabric import Fabric
from lightning_fabric.wrappers import _FabricModule
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel

from segcore.checkpoint import CheckpointCard, Score, save_checkpoint
from segcore.data import (
    Batch,
    Batches,
    EvalTransform,
    Normalisation,
    SegDataset,
    TrainTransform,
    class_counts,
    eval_loader,
    train_loader,
    weights_from_counts,
)
from segcore.losses import Loss, build_loss
from segcore.models import build_model
from segcore.train import collectives
from segcore.train.compute_mode import Speed, choose_speed, make_fabric, pick_device
from segcore.train.config import TrainConfig
from segcore.train.optimiser import build_optimiser, freeze, moving_average
from segcore.train.sync_batchnorm import share_batchnorm
from segcore.train.training_data import Data, normalisation_for, open_data


@dataclass
class Parts:
    """Everything that one process of a training holds.

    Attributes:
        model: as Fabric wrapped it; ``net`` is the module itself.
        ema: moving average of the weights, or None.
        first_epoch: in which training begins; not 0 when it goes on.
        first_step: steps of that epoch that are already done.
        history: the headline of every finished epoch: validation mIoU, or a classifier's accuracy.
    """

    config: TrainConfig
    fabric: Fabric
    speed: Speed
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

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes in the order of their ids."""
        return tuple(self.data.train.classes)

    @property
    def best_score(self) -> float:
        """Best headline so far; minus infinity before the first."""
        return max((score for score in self.history if not math.isnan(score)), default=float("-inf"))

    def judged(self) -> nn.Module:
        """The weights that are validated and kept: the moving average where there is one."""
        return self.net if self.ema is None else self.ema.module

    def train_batches(self, epoch: int, first_step: int = 0) -> Iterator[list[Batch]]:
        """Groups of ``accumulate`` batches; order and variation depend only on (seed, epoch).

        Args:
            epoch: counted from 0.
            first_step: groups to leave out; they are not even prepared.
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
            one_label=self.config.task == "classification",
        )
        loader = replace(loader, plan=loader.plan[first_step * self.config.accumulate :])
        group: list[Batch] = []
        for batch in loader:
            group.append(batch)
            if len(group) == self.config.accumulate:
                yield group
                group = []
        if group:
            yield group

    def images_in(self, group: list[Batch]) -> int:
        """Images of a group of batches, over all processes."""
        return len(group) * min(self.config.batch_size, len(self.data.train))

    def val_batches(self) -> Batches:
        """This process's share of the validation images, whole, in the order of the dataset."""
        return eval_loader(
            self.data.val,
            EvalTransform(self.normalisation, working_side=self.config.working_side),
            batch_size=max(1, self.config.batch_size // self.fabric.world_size // 2),
            workers=self.config.workers,
            rank=self.fabric.global_rank,
            ranks=self.fabric.world_size,
            one_label=self.config.task == "classification",
        )

    def save(self, path: Path, scores: list[Score]) -> None:
        """Write the judged weights with their card."""
        save_checkpoint(path, self.judged(), self._card(path.stem, scores))

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
            training_data=tuple(self.data.credits),
            scores=tuple(scores),
            licence=self.config.licence,
        )


def build(config: TrainConfig, *, speed: Speed | None = None) -> Parts:
    """Make every part of a run.

    Args:
        config: what to train.
        speed: how a run that goes on computes; None chooses.

    Raises:
        SegcoreError: a sentence for whatever does not fit: data, classes, options, device.
    """
    seed(config.seed)
    data = open_data(config)
    classes = data.train.classes
    normalisation = normalisation_for(data.train.in_channels)
    model = build_model(config.model, num_classes=len(classes), in_channels=data.train.in_channels, **config.options)
    loss = build_loss(
        config.loss, num_classes=len(classes), class_weights=_class_weights(config, data.train), **config.loss_options
    )
    if speed is None:  # processes that time for themselves might choose differently
        speed = collectives.first_says(lambda: choose_speed(config, model, loss, in_channels=data.train.in_channels))
    pick_device(speed.device)  # a device that is gone has a sentence of its own
    fabric = make_fabric(config, speed)
    fabric.launch()
    if collectives.ranks() > 1:
        if config.sync_batchnorm == "on":
            model = share_batchnorm(model, speed.device)
        seed(config.seed + collectives.rank())  # the weights are equal now; dropout must not be
    if speed.channels_last:
        model = model.to(memory_format=torch.channels_last)
    freeze(config, model)
    wrapped, optimiser = fabric.setup(model, build_optimiser(config, model))
    ema = None
    if config.ema > 0:
        ema = moving_average(model, config.ema)
    return Parts(
        config=config,
        fabric=fabric,
        speed=speed,
        data=data,
        normalisation=normalisation,
        model=wrapped,
        net=model,
        ema=ema,
        optimiser=optimiser,
        loss=loss.to(fabric.device),
        steps_per_epoch=steps_in_epoch(config, len(data.train)),
    )


def steps_in_epoch(config: TrainConfig, images: int) -> int:
    """Steps of the optimiser that an epoch of so many images has; its last batch is left out where it is short."""
    batches = max(1, images // config.batch_size)
    return -(-batches // config.accumulate)


def seed(number: int) -> None:
    """Let all random numbers of this process begin anew."""
    random.seed(number)
    np.random.seed(number)
    torch.manual_seed(number)


def _class_weights(config: TrainConfig, data: SegDataset) -> Tensor | None:
    if config.class_weights == "none":
        return None
    return torch.from_numpy(weights_from_counts(class_counts(data), config.class_weights))
