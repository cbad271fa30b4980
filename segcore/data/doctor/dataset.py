"""The check of a dataset of any layout, read by its own loader, split by split.

Errors of the loader become findings. Problems of the mask files themselves (palette, size, 0/255) are only found in our
own layout, by folder.py.
"""

from collections.abc import Mapping
from pathlib import Path

from segcore.data.base import SegDataset
from segcore.data.doctor.folder import examine_folder
from segcore.data.doctor.kinds import KINDS
from segcore.data.doctor.record import Diagnosis, Record, Step, ignore_step
from segcore.data.doctor.survey import Survey
from segcore.data.formats import folder
from segcore.data.recognition import recognise
from segcore.data.specs import dataset_card, dataset_folder, dataset_splits, open_dataset
from segcore.data.statistics import REPEATING_SPLITS
from segcore.errors import MissingData, SegcoreError, UnknownLabel


def examine(spec: str | Path, step: Step = ignore_step) -> Diagnosis:
    """Check a dataset for every known problem.

    ``spec`` is as for ``open_dataset``; ``step`` gets the number of images read and of all.

    Raises:
        MissingData, BadDataset: there is no such dataset.
    """
    root = own_layout(spec)
    if root is not None:
        return examine_folder(root, step)
    names = [split for split in dataset_splits(spec) if split not in REPEATING_SPLITS]
    return examine_splits({split: open_dataset(spec, split) for split in names} or {"": open_dataset(spec)}, step)


def own_layout(spec: str | Path) -> Path | None:
    """The folder with images/ and masks/ of a spec; None for any other layout and for synthetic images.

    A path that matches no layout is taken for ours, so that its check names what is missing.
    """
    place = dataset_folder(spec)
    if place is None or not place.is_dir():
        return place
    try:
        card = dataset_card(spec)
    except SegcoreError as error:
        if isinstance(spec, Path) and "foreign" not in error.facts:
            return place
        raise
    return recognise(place).root if card is folder.CARD else None


def examine_splits(splits: Mapping[str, SegDataset], step: Step = ignore_step) -> Diagnosis:
    """As ``examine``, for opened splits; the name of the split is "" for a dataset without splits."""
    total = sum(map(len, splits.values()))
    record = Record(None)
    survey = Survey(record)
    done = 0
    for split, dataset in splits.items():
        for note in dataset.notes:
            record.add("reader_notes", split or dataset.name, note)
        for index in range(len(dataset)):
            step(done, total)
            done += 1
            try:
                sample = dataset[index]
            except SegcoreError as error:
                record.add(_kind_of(error), f"{split} {index}".strip(), error.message)
                continue
            name = f"{split}/{sample.name}" if split else sample.name
            survey.add_image(split, name, sample.image)
            survey.add_mask(split, name, sample.labels, sample.labels)
    survey.conclude(next(iter(splits.values())).classes, step)
    return record.diagnosis(total)


def _kind_of(error: SegcoreError) -> str:
    if error.facts.get("kind") in KINDS:
        return str(error.facts["kind"])
    if isinstance(error, UnknownLabel):
        return "unknown_value"
    return "missing_image" if isinstance(error, MissingData) else "unreadable"
