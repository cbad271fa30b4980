"""The data of a training: the datasets of a configuration opened, mapped to classes, split and mixed."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from segcore.checkpoint import TrainingData
from segcore.data import (
    Normalisation,
    SegDataset,
    dataset_folder,
    dataset_splits,
    fold_dataset,
    group_keys,
    has_image_labels,
    mix,
    open_dataset,
    open_labelled_images,
    sample_names,
    split_dataset,
    subset,
    with_classes,
)
from segcore.data.splits import TEST, TRAIN, VAL, distinct_splits
from segcore.errors import BadClasses, BadDataset, Message
from segcore.train.config import TrainConfig


@dataclass
class Data:
    """Training and validation images, with the same classes in the same order.

    ``uses`` states for each dataset which of its images are trained on, validated on, and not used.
    """

    train: SegDataset
    val: SegDataset
    credits: list[TrainingData]
    uses: list[Message] = field(default_factory=list)


@dataclass(frozen=True)
class SplitsToUse:
    """The splits of a dataset: the one to train on and the one to validate on, None where there is none, and all.

    Without a validation split the training images are divided; without a training split all but the test images are.
    """

    train: str | None
    val: str | None
    known: tuple[str, ...] = ()

    @property
    def named(self) -> tuple[str, ...] | None:
        """The splits that are used, for `segcore.data.precheck`; None is all but the test split."""
        used = tuple(split for split in (self.train, self.val) if split is not None)
        return used or None

    @property
    def unused(self) -> list[str]:
        """The splits that are not used, without those that repeat others."""
        used = self.named or tuple(split for split in self.known if split != TEST)
        return [split for split in distinct_splits(self.known) if split not in used]


def open_data(config: TrainConfig) -> Data:
    """Open, map, split and mix the datasets of a configuration.

    A dataset with ``train`` and ``val`` splits of its own keeps them; any other is split by ``val_share``, identically
    for the same seed. A test split is used for nothing. Of ``val_data`` the ``val`` splits are used, or everything but
    the test split if there are none. A cross validation divides the training split, or all but the test split of a
    dataset without one; the dataset's own validation split is not used.

    Raises:
        BadDataset: the data cannot be opened or divided, or a dataset has nothing but a test split.
        BadClasses: the classes of the datasets differ.
    """
    trains: list[SegDataset] = []
    vals: list[SegDataset] = []
    credits: list[TrainingData] = []
    uses: list[Message] = []
    try:
        for index, spec in enumerate(config.data):
            splits = splits_to_use(spec, config)
            train, val = _split(spec, splits, config)
            uses += _use(spec, splits, config, train, val)
            credits.append(TrainingData(name=train.title, licence=train.licence, images=len(train)))
            repeats = config.repeat[index] if config.repeat else 1
            trains.append(train if repeats == 1 else subset(train, list(range(len(train))) * repeats))
            vals += [] if val is None else [val]
        for spec in config.val_data:
            vals.append(_validation(spec, config))
            uses.append(Message("{title}: {count} images to validate on.", title=vals[-1].title, count=len(vals[-1])))
        data = Data(train=mix(trains), val=mix(vals), credits=credits, uses=uses)
        mix([data.train, data.val])  # raises where their classes or channels differ
        return data
    except BadClasses as error:
        raise BadClasses(
            "{error} Name the classes to learn with --classes and map the others with --map.", error=error
        ) from None


def use_json(use: Message) -> dict[str, Any]:
    """One of ``Data.uses`` as plain values: the arguments of `segcore.errors.read_message`, for a translation."""
    return {"text": str(use), "parts": use.to_json()}


def whole_data(config: TrainConfig) -> list[SegDataset]:
    """Each dataset of ``data`` as a cross validation divides it."""
    divided = config.model_copy(update={"folds": 2})
    return [_whole(spec, splits_to_use(spec, divided), divided) for spec in config.data]


def data_folders(config: TrainConfig) -> list[Path]:
    """The folders of the datasets of a configuration; synthetic ones have none."""
    folders = (dataset_folder(spec) for spec in (*config.data, *config.val_data))
    return [folder for folder in folders if folder is not None]


def splits_to_use(spec: str, config: TrainConfig) -> SplitsToUse:
    """The splits of one of the datasets ``data`` that a training with this configuration uses.

    Raises:
        BadDataset: the dataset cannot be opened, or has nothing but a test split.
    """
    if has_image_labels(spec):
        return SplitsToUse(TRAIN, None)
    known = dataset_splits(spec)
    if known == (TEST,) and sample_names(open_dataset(spec)) == sample_names(open_dataset(spec, TEST)):
        raise BadDataset(
            "{spec} has only a test split, which is never trained on. Name its folder or list train, or give data to "
            "train on.",
            spec=spec,
        )
    train = TRAIN if TRAIN in known else None
    val = VAL if train and VAL in known and not config.folds and not config.val_data else None
    return SplitsToUse(train, val, known)


def _split(spec: str, splits: SplitsToUse, config: TrainConfig) -> tuple[SegDataset, SegDataset | None]:
    """One dataset as (train, val); val is None if the configuration names other data to validate on."""
    whole = _whole(spec, splits, config)
    if splits.val is not None:
        return whole, _mapped(open_dataset(spec, splits.val), config)
    if config.val_data and not config.folds:
        return whole, None
    groups = group_keys(whole, config.group_by) if config.group_by else None
    if config.folds:
        return fold_dataset(whole, config.folds, config.fold, config.seed, groups)
    return split_dataset(whole, config.val_share, config.seed, groups)


def _use(
    spec: str, splits: SplitsToUse, config: TrainConfig, train: SegDataset, val: SegDataset | None
) -> Iterator[Message]:
    """Which images of a dataset are trained on, validated on, and not used."""
    title = dataset_folder(spec) or train.title
    trained, validated = len(train), 0 if val is None else len(val)
    if splits.val is not None:
        yield Message(
            "{title}: {train} images to train on (split train), {val} to validate on (split val).",
            title=title,
            train=trained,
            val=validated,
        )
    elif val is None:
        yield Message("{title}: {train} images to train on.", title=title, train=trained)
    elif config.folds:
        yield Message(
            "{title}: {train} images to train on, {val} to validate on (fold {fold} of {folds}).",
            title=title,
            train=trained,
            val=validated,
            fold=config.fold + 1,
            folds=config.folds,
        )
    elif splits.train and not has_image_labels(spec):
        yield Message(
            "{title}: {train} images to train on, {val} to validate on, drawn at random from the split train.",
            title=title,
            train=trained,
            val=validated,
        )
    else:
        yield Message(
            "{title}: {train} images to train on, {val} to validate on, drawn at random.",
            title=title,
            train=trained,
            val=validated,
        )
    if splits.unused:
        yield Message("{title}: not used: {splits}.", title=title, splits=splits.unused)


def _validation(spec: str, config: TrainConfig) -> SegDataset:
    """A dataset to validate on: its validation split, if it has one, to exclude training images."""
    return _mapped(open_dataset(spec, VAL if VAL in dataset_splits(spec) else None), config)


def _whole(spec: str, splits: SplitsToUse, config: TrainConfig) -> SegDataset:
    """The images of a dataset to train on, or to divide."""
    if has_image_labels(spec):
        return _mapped(open_labelled_images(spec, TRAIN), config)
    return _mapped(open_dataset(spec, splits.train), config)


def _mapped(dataset: SegDataset, config: TrainConfig) -> SegDataset:
    """The dataset with the classes to learn; rules about classes that this dataset lacks are ignored."""
    if not config.classes:
        return dataset
    rules = {name: goal for name, goal in config.class_map.items() if name == "*" or name in dataset.classes}
    return with_classes(dataset, config.classes, rules)


def normalisation_for(channels: int) -> Normalisation:
    """ImageNet's statistics for RGB, which pretrained encoders expect; mean 0.5 and deviation 0.25 for others."""
    return Normalisation() if channels == 3 else Normalisation(mean=(0.5,) * channels, std=(0.25,) * channels)
