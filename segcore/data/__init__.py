"""Images, labels, datasets: everything up to the tensors a network is fed.

images.py       files → arrays: read_image, read_labels
samples.py      what a dataset is; subset, split_dataset, mix, with_classes
folds.py        cross validation: sample_names, group_keys, fold_dataset
folder.py       a folder of images/ and masks/ as a dataset
doctor/         what is wrong with a dataset
repair.py       a corrected copy; mending.py: how one mask is mended
transforms.py   Augmentation, TrainTransform, EvalTransform
corruptions.py  noise, blur, light, things in the way … at five severities
loaders.py      batches: train_loader, eval_loader
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from segcore.data.balance import CLASS_WEIGHTS, ClassCounts, class_counts, weights_from_counts
from segcore.data.corruptions import CORRUPTIONS, SEVERITIES, Corruption, corrupt
from segcore.data.doctor import Finding, check_dataset
from segcore.data.folder import FolderDataset, folder_splits, open_folder
from segcore.data.folds import fold_dataset, group_keys, sample_names
from segcore.data.images import MAX_PIXELS, MAX_SIDE, NotLabels, decode, read_image, read_labels
from segcore.data.loaders import Batch, Batches, eval_loader, train_loader
from segcore.data.repair import REPAIRABLE, RepairReport, repair_dataset
from segcore.data.samples import (
    Sample,
    SegDataset,
    cached,
    mix,
    parse_class_map,
    split_dataset,
    subset,
    with_classes,
)
from segcore.data.shapes import COUNTS, open_shapes
from segcore.data.transforms import (
    Augmentation,
    EvalTransform,
    Normalisation,
    TrainTransform,
    resize_image,
    working_size,
)
from segcore.errors import MissingData

__all__ = [
    "CLASS_WEIGHTS",
    "CORRUPTIONS",
    "DATASETS",
    "MAX_PIXELS",
    "MAX_SIDE",
    "REPAIRABLE",
    "SEVERITIES",
    "Augmentation",
    "Batch",
    "Batches",
    "ClassCounts",
    "Corruption",
    "DatasetCard",
    "EvalTransform",
    "Finding",
    "FolderDataset",
    "Normalisation",
    "NotLabels",
    "RepairReport",
    "Sample",
    "SegDataset",
    "TrainTransform",
    "cached",
    "check_dataset",
    "class_counts",
    "corrupt",
    "dataset_splits",
    "decode",
    "eval_loader",
    "fold_dataset",
    "group_keys",
    "mix",
    "open_dataset",
    "parse_class_map",
    "read_image",
    "read_labels",
    "repair_dataset",
    "resize_image",
    "sample_names",
    "split_dataset",
    "subset",
    "train_loader",
    "weights_from_counts",
    "with_classes",
    "working_size",
]


@dataclass(frozen=True)
class DatasetCard:
    """The fixed facts of a dataset that is known by name.

    Attributes:
        name: the key in DATASETS and on the command line.
        title: for people.
        summary: one plain sentence.
        splits: names of its splits.
        open: called as ``open(options, split)``, options being what follows the name and a colon.
    """

    name: str
    title: str
    summary: str
    splits: tuple[str, ...]
    open: Callable[[str, str | None], SegDataset]


DATASETS: dict[str, DatasetCard] = {
    card.name: card
    for card in (
        DatasetCard(
            name="shapes",
            title="Shapes",
            summary="Drawn discs, squares, triangles, rings and crosses on textures; nothing to download. "
            "shapes:COUNT:SIDE sets how many and how large.",
            splits=tuple(COUNTS),
            open=open_shapes,
        ),
    )
}


def open_dataset(spec: str | Path, split: str | None = None) -> SegDataset:
    """Open a dataset by its registered name or by its folder.

    Args:
        spec: a name in DATASETS, with options after a colon (``"shapes:200"``), or a folder (see folder.py). A
            folder that has the name of a registered dataset is reached as ``"./shapes"``.
        split: a split by name, such as "train". None takes all of a folder, and the training split of a
            registered dataset.

    Raises:
        MissingData: there is no such dataset.
        BadDataset: it has no such split.
    """
    card, options = _registered(spec)
    if card is not None:
        return card.open(options, split)
    folder = Path(spec).expanduser()
    if not folder.exists():
        raise MissingData(
            f"There is no dataset {spec}: no folder of that path, and known by name are {', '.join(DATASETS)}.",
            file=str(spec),
        )
    return open_folder(folder, split)


def dataset_splits(spec: str | Path) -> tuple[str, ...]:
    """The splits a dataset names; () where it has none."""
    card, _ = _registered(spec)
    return folder_splits(Path(spec).expanduser()) if card is None else card.splits


def _registered(spec: str | Path) -> tuple[DatasetCard | None, str]:
    """The card that a spec names, or None, and the options behind the name."""
    name, _, options = spec.partition(":") if isinstance(spec, str) else ("", "", "")
    return DATASETS.get(name), options
