"""The data of a training: the datasets of a configuration opened, mapped to classes, split and mixed."""

from dataclasses import dataclass
from pathlib import Path

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
    split_dataset,
    subset,
    with_classes,
)
from segcore.errors import BadClasses
from segcore.train.config import TrainConfig


@dataclass
class Data:
    """Training and validation images, with the same classes in the same order."""

    train: SegDataset
    val: SegDataset
    credits: list[TrainingData]


def open_data(config: TrainConfig) -> Data:
    """Open, map, split and mix the datasets of a configuration.

    A dataset with ``train`` and ``val`` splits of its own keeps them; any other is split by ``val_share``, identically
    for the same seed. Of ``val_data`` the ``val`` splits are used, or everything if there are none. A cross validation
    divides the training split, or all of a dataset without one; the dataset's own validation split is not used.
    """
    trains: list[SegDataset] = []
    vals: list[SegDataset] = []
    credits: list[TrainingData] = []
    try:
        for index, spec in enumerate(config.data):
            train, val = _split(spec, config)
            credits.append(TrainingData(name=train.title, licence=train.licence, images=len(train)))
            repeats = config.repeat[index] if config.repeat else 1
            trains.append(train if repeats == 1 else subset(train, list(range(len(train))) * repeats))
            vals += [] if val is None else [val]
        vals += [_validation(spec, config) for spec in config.val_data]
        data = Data(train=mix(trains), val=mix(vals), credits=credits)
        mix([data.train, data.val])  # raises where their classes or channels differ
        return data
    except BadClasses as error:
        raise BadClasses(
            "{error} Name the classes to learn with --classes and map the others with --map.", error=error
        ) from None


def whole_data(config: TrainConfig) -> list[SegDataset]:
    """Each dataset of ``data`` as a cross validation divides it."""
    return [_whole(spec, config.model_copy(update={"folds": 2})) for spec in config.data]


def data_folders(config: TrainConfig) -> list[Path]:
    """The folders of the datasets of a configuration; synthetic ones have none."""
    folders = (dataset_folder(spec) for spec in (*config.data, *config.val_data))
    return [folder for folder in folders if folder is not None]


def _split(spec: str, config: TrainConfig) -> tuple[SegDataset, SegDataset | None]:
    """One dataset as (train, val); val is None if the configuration names other data to validate on."""
    splits = () if has_image_labels(spec) else dataset_splits(spec)  # the test images stay untouched
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


def _validation(spec: str, config: TrainConfig) -> SegDataset:
    """A dataset to validate on: its validation split, if it has one, to exclude training images."""
    return _mapped(open_dataset(spec, "val" if "val" in dataset_splits(spec) else None), config)


def _whole(spec: str, config: TrainConfig) -> SegDataset:
    """The part of a dataset to divide: everything, or in a cross validation its training split if it has one."""
    if has_image_labels(spec):
        return _mapped(open_labelled_images(spec, "train"), config)
    split = "train" if config.folds and "train" in dataset_splits(spec) else None
    return _mapped(open_dataset(spec, split), config)


def _mapped(dataset: SegDataset, config: TrainConfig) -> SegDataset:
    """The dataset with the classes to learn; rules about classes that this dataset lacks are ignored."""
    if not config.classes:
        return dataset
    rules = {name: goal for name, goal in config.class_map.items() if name == "*" or name in dataset.classes}
    return with_classes(dataset, config.classes, rules)


def normalisation_for(channels: int) -> Normalisation:
    """ImageNet's statistics for RGB, which pretrained encoders expect; mean 0.5 and deviation 0.25 for others."""
    return Normalisation() if channels == 3 else Normalisation(mean=(0.5,) * channels, std=(0.25,) * channels)
