"""From a configuration to the things that train: data, model, loss, optimiser.

Everything random in here hangs on ``config.seed``, and nothing in here loops over steps.
"""

import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import torch
from lightning_fabric import Fabric
from lightning_fabric.wrappers import _FabricModule
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel

from segcore.checkpoint import CheckpointCard, Score, TrainingData, save_checkpoint
from segcore.data import (
    Batch,
    Batches,
    EvalTransform,
    Normalisation,
    SegDataset,
    TrainTransform,
    class_counts,
    dataset_folder,
    dataset_splits,
    eval_loader,
    fold_dataset,
    group_keys,
    is_pictures,
    mix,
    open_dataset,
    open_pictures,
    split_dataset,
    subset,
    train_loader,
    weights_from_counts,
    with_classes,
)
from segcore.errors import BadClasses, BadConfig
from segcore.losses import Loss, build_loss
from segcore.models import build_model
from segcore.train import ranks
from segcore.train.batchnorm import share_batchnorm
from segcore.train.config import TrainConfig
from segcore.train.speed import Speed, choose_speed, make_fabric, pick_device


@dataclass
class Data:
    """What is trained on and validated on, with the same classes in the same order."""

    train: SegDataset
    val: SegDataset
    credits: list[TrainingData]


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
        speed = ranks.first_says(lambda: choose_speed(config, model, loss, in_channels=data.train.in_channels))
    pick_device(speed.device)  # a device that is gone has a sentence of its own
    fabric = make_fabric(config, speed)
    fabric.launch()
    if ranks.ranks() > 1:
        if config.sync_batchnorm == "on":
            model = share_batchnorm(model, speed.device)
        seed(config.seed + ranks.rank())  # the weights are equal now; dropout must not be
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


def open_data(config: TrainConfig) -> Data:
    """Open, map, split and mix the datasets of a configuration.

    A dataset with ``train`` and ``val`` splits of its own keeps them; any other is split by ``val_share``, the same
    way every time for the same seed. Of ``val_data`` the ``val`` splits are taken, or all where there are none. In a
    cross validation the training split is divided, or all of a dataset without one, and the dataset's own validation
    split stays aside.
    """
    trains: list[SegDataset] = []
    vals: list[SegDataset] = []
    credits: list[TrainingData] = []
    try:
        for index, spec in enumerate(config.data):
            train, val = _divided(spec, config)
            credits.append(TrainingData(name=train.title, licence=train.licence, images=len(train)))
            repeats = config.repeat[index] if config.repeat else 1
            trains.append(train if repeats == 1 else subset(train, list(range(len(train))) * repeats))
            vals += [] if val is None else [val]
        vals += [_validating(spec, config) for spec in config.val_data]
        data = Data(train=mix(trains), val=mix(vals), credits=credits)
        mix([data.train, data.val])  # raises where their classes or channels differ
        return data
    except BadClasses as error:
        raise BadClasses(f"{error} Name the classes to learn with --classes and map the others with --map.") from None


def whole_data(config: TrainConfig) -> list[SegDataset]:
    """Each dataset of ``data`` as a cross validation would divide it."""
    return [_whole(spec, config.model_copy(update={"folds": 2})) for spec in config.data]


def data_folders(config: TrainConfig) -> list[Path]:
    """The folders of the datasets of a configuration; what is drawn has none."""
    folders = (dataset_folder(spec) for spec in (*config.data, *config.val_data))
    return [folder for folder in folders if folder is not None]


def _divided(spec: str, config: TrainConfig) -> tuple[SegDataset, SegDataset | None]:
    """One dataset as (train, val); val is None where the configuration names other data to validate on."""
    splits = () if is_pictures(spec) else dataset_splits(spec)  # the test pictures are for the very end
    if not config.folds and "train" in splits and ("val" in splits or config.val_data):
        train = _mapped(open_dataset(spec, "train"), config)
        return train, None if config.val_data else _mapped(open_dataset(spec, "val"), config)
    whole = _whole(spec, config)
    if config.val_data:
        return whole, None
    groups = group_keys(whole, config.group_by) if config.group_by else None
    if config.folds:
        return fold_dataset(whole, config.folds, config.fold, config.seed, groups)
    return split_dataset(whole, config.val_share, config.seed, groups)


def _validating(spec: str, config: TrainConfig) -> SegDataset:
    """A dataset to validate on: its own validation split where it has one, or training images would be judged."""
    return _mapped(open_dataset(spec, "val" if "val" in dataset_splits(spec) else None), config)


def _whole(spec: str, config: TrainConfig) -> SegDataset:
    """What of a dataset is divided: everything, but in a cross validation its training split where it has one."""
    if is_pictures(spec):
        return _mapped(open_pictures(spec, "train"), config)
    split = "train" if config.folds and "train" in dataset_splits(spec) else None
    return _mapped(open_dataset(spec, split), config)


def _mapped(dataset: SegDataset, config: TrainConfig) -> SegDataset:
    """The dataset in the classes to learn; rules about classes that this dataset does not have are no mistake."""
    if not config.classes:
        return dataset
    rules = {name: goal for name, goal in config.class_map.items() if name == "*" or name in dataset.classes}
    return with_classes(dataset, config.classes, rules)


def normalisation_for(channels: int) -> Normalisation:
    """ImageNet's colours for RGB, which pretrained encoders expect; a plain middle and spread for anything else."""
    return Normalisation() if channels == 3 else Normalisation(mean=(0.5,) * channels, std=(0.25,) * channels)


def _class_weights(config: TrainConfig, data: SegDataset) -> Tensor | None:
    if config.class_weights == "none":
        return None
    return torch.from_numpy(weights_from_counts(class_counts(data), config.class_weights))


def encoder_of(model: nn.Module, config: TrainConfig) -> nn.Module:
    """The pretrained part of a model.

    Raises:
        BadConfig: when settings about the encoder are given for a model without one.
    """
    encoder = getattr(model, "encoder", None)
    if not isinstance(encoder, nn.Module):
        raise BadConfig(
            f"{config.model} with these options has no encoder, so freeze and encoder_rate have nothing to act on. "
            f"Set freeze to none and encoder_rate to 1, or choose a model with an encoder."
        )
    return encoder


def freeze(config: TrainConfig, model: nn.Module) -> None:
    """Take the frozen levels of the encoder out of the training; the loop keeps their batch-norm statistics.

    Raises:
        BadConfig: the model has no encoder with levels.
    """
    if config.freeze == "none":
        return
    levels = encoder_of(model, config).get_submodule("levels")
    frozen = {"norm": 0, "early": -1, "encoder": None}[config.freeze]
    for level in list(levels.children())[:frozen]:
        level.requires_grad_(False)


def moving_average(model: nn.Module, decay: float) -> AveragedModel:
    """A copy of the model whose weights and batch-norm statistics follow the training with a delay.

    At first the copy follows fast, with decay (1 + n) / (10 + n) after n steps, or random first weights would weigh
    on it for an epoch (the ``num_updates`` rule of TensorFlow's ExponentialMovingAverage).
    """

    @torch.no_grad()
    def follow(averages: Sequence[Tensor], news: Sequence[Tensor], steps: Tensor | int) -> None:
        weight = 1.0 - min(decay, (1 + int(steps)) / (10 + int(steps)))
        for average, new in zip(averages, news, strict=True):
            if average.is_floating_point():
                average.lerp_(new.to(average.dtype), weight)
            else:
                average.copy_(new)

    return AveragedModel(model, multi_avg_fn=follow, use_buffers=True)


def build_optimiser(config: TrainConfig, model: nn.Module) -> torch.optim.Optimizer:
    """The optimiser over up to four groups: encoder or not, with weight decay or without.

    Biases and the scales of norm layers are one-dimensional; decaying them towards zero only weakens the norm, so
    they are left out (Goyal et al. 2017, section 5.3, https://arxiv.org/abs/1706.02677).
    """
    of_encoder: set[int] = set()
    if config.encoder_rate != 1.0:
        of_encoder = {id(parameter) for parameter in encoder_of(model, config).parameters()}
    groups: dict[tuple[bool, bool], list[nn.Parameter]] = {}
    for parameter in model.parameters():
        if parameter.requires_grad:
            groups.setdefault((id(parameter) in of_encoder, parameter.ndim > 1), []).append(parameter)
    settings = [
        {
            "params": parameters,
            "rate_scale": config.encoder_rate if in_encoder else 1.0,
            "weight_decay": config.weight_decay if decays else 0.0,
        }
        for (in_encoder, decays), parameters in groups.items()
    ]
    if config.optimiser == "sgd":
        return torch.optim.SGD(settings, lr=config.learning_rate)
    if config.optimiser == "momentum":
        return torch.optim.SGD(
            settings, lr=config.learning_rate, momentum=config.momentum, nesterov=config.momentum > 0
        )
    if config.optimiser == "adam":
        return torch.optim.Adam(settings, lr=config.learning_rate)
    return torch.optim.AdamW(settings, lr=config.learning_rate)
