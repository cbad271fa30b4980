"""The walk through a dataset of any layout: its own loader reads it, split by split.

What a loader refuses is told with the loader's sentence. What concerns the files of masks themselves (palette, size,
0/255) only the walk through our own layout can say.
"""

from collections.abc import Mapping
from pathlib import Path

from segcore.data.base import SegDataset
from segcore.data.doctor.copies import Pictures
from segcore.data.doctor.folder import Step, examine_folder, tell_copies
from segcore.data.doctor.record import Diagnosis, Record
from segcore.data.doctor.survey import Survey
from segcore.data.formats import folder
from segcore.data.registry import dataset_card, dataset_folder, dataset_splits, open_dataset, recognise
from segcore.errors import MissingData, SegcoreError, UnknownLabel

_REPEATING = ("trainval", "train_aug", "train_noval")
"""Splits that hold images of others on purpose."""


def examine(spec: str | Path, step: Step | None = None) -> Diagnosis | None:
    """Look for everything that is known to go wrong in a dataset.

    Args:
        spec: as for ``open_dataset``: a name, or a folder of any known layout.
        step: told how many images were read, of how many; True gives up.

    Returns:
        The diagnosis, None when it was given up.

    Raises:
        MissingData, BadDataset: there is no such dataset.
    """
    root = own_layout(spec)
    if root is not None:
        return examine_folder(root, step)
    names = [split for split in dataset_splits(spec) if split not in _REPEATING]
    return examine_splits({split: open_dataset(spec, split) for split in names} or {"": open_dataset(spec)}, step)


def own_layout(spec: str | Path) -> Path | None:
    """The folder with images/ and masks/ that a spec means; None for any other layout and for what is drawn.

    Raises:
        BadDataset: nobody recognises the folder of a name. A path that nobody recognises is taken for ours, whose walk
            says what is missing.
    """
    place = dataset_folder(spec)
    if place is None:
        return None
    if not place.is_dir():
        return place
    try:
        card = dataset_card(spec)
    except SegcoreError:
        if isinstance(spec, Path):
            return place
        raise
    if card is not folder.CARD:
        return None
    return recognise(place).root


def examine_splits(splits: Mapping[str, SegDataset], step: Step | None = None) -> Diagnosis | None:
    """Look at the samples of some splits, "" for a dataset that has none. As ``examine``."""
    going = step or (lambda _done, _total: False)
    total = sum(map(len, splits.values()))
    first = next(iter(splits.values()))
    record, survey, pictures = Record(None), Survey(len(first.classes)), Pictures()
    done = 0
    for split, dataset in splits.items():
        for index in range(len(dataset)):
            if going(done, total):
                return None
            done += 1
            try:
                sample = dataset[index]
            except SegcoreError as error:
                record.add(_kind_of(error), f"{split} {index}".strip(), error.message)
                continue
            name = f"{split}/{sample.name}" if split else sample.name
            survey.add_image(split, sample.image)
            survey.add_mask(split, name, sample.labels, sample.labels, record)
            pictures.add(name, split, sample.image)
    survey.conclude(first.classes, record)
    return record.diagnosis(total) if tell_copies(pictures, record, going) else None


def _kind_of(error: SegcoreError) -> str:
    if isinstance(error, UnknownLabel):
        return "unknown_value"
    return "missing_image" if isinstance(error, MissingData) else "unreadable"
