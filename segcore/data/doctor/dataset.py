"""The check of a dataset of any layout, read by its own loader, split by split.

Errors of the loader become findings. Problems of the mask files themselves (palette, size, 0/255) are only found in our
own layout, by folder.py.
"""

import time
from collections.abc import Iterable, Mapping
from pathlib import Path

from segcore.data.base import SegDataset
from segcore.data.doctor.folder import examine_folder, split_lists
from segcore.data.doctor.kinds import KINDS
from segcore.data.doctor.record import WHOLE, Diagnosis, Extent, Record, Step, ignore_step
from segcore.data.doctor.survey import ALL, Survey
from segcore.data.formats import binary_masks, coco, folder
from segcore.data.formats.folder_files import find_parts
from segcore.data.formats.item_dataset import ItemDataset, Pair
from segcore.data.image_files import exif_orientation
from segcore.data.recognition import recognise
from segcore.data.specs import dataset_card, dataset_folder, locate, open_splits
from segcore.data.splits import TEST, distinct_splits
from segcore.errors import BadDataset, MissingData, SegcoreError, UnknownLabel


def examine(spec: str | Path, step: Step = ignore_step, extent: Extent = WHOLE) -> Diagnosis:
    """Check a dataset for every known problem.

    ``spec`` is as for ``open_dataset``; ``step`` gets the number of images read and of all; ``extent`` may limit the
    check to some splits and to a sample.

    Raises:
        MissingData, BadDataset: there is no such dataset.
    """
    root = own_layout(spec)
    if root is not None:
        return examine_folder(root, step, extent)
    place = locate(spec)
    named = () if place.split is not None else distinct_splits(place.splits())
    splits: list[str | None] = [split for split in named if extent.includes(split)]
    splits = splits or [place.split]
    if place.card is not binary_masks.CARD or place.root is None:
        if extent != WHOLE:
            return examine_splits({split or "": place.open(split) for split in splits}, step, extent)
        record = Record(None)
        every, refused = open_splits(spec)
        for name, error in refused.items():
            record.add("bad_split", name or ALL, error.message)
        return examine_splits(every, step, extent, record)
    if splits == [TEST] and extent.includes("") and binary_masks.folders_below(place.root)(place.root):
        splits = [None, TEST]  # a list of test images; the others are in none
    record = Record(place.root)
    folders_of = binary_masks.folders_below(place.root)
    split_lists(place.root, record, folders_of, extent)
    opened, errors = _opened_binary(place.root, splits, record)
    if not opened:
        raise errors[0]
    return examine_splits(opened, step, extent, record)


def _opened_binary(
    root: Path, splits: Iterable[str | None], record: Record
) -> tuple[dict[str, SegDataset], list[BadDataset]]:
    """The splits of black-and-white masks with their pairs; files without a pair and refused splits are recorded."""
    opened: dict[str, SegDataset] = {}
    refused: list[BadDataset] = []
    folders_of = binary_masks.folders_below(root)
    for split in splits:
        try:
            for part in find_parts(root, split, folders_of):
                record.add_files(binary_masks.part_files(part), part.names)
            opened[split or ""] = binary_masks.open_binary(root, split, complete=False)
        except BadDataset as error:
            refused.append(error)
            record.add("bad_split", split or ALL, error.message)
    return opened, refused


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


def examine_splits(
    splits: Mapping[str, SegDataset], step: Step = ignore_step, extent: Extent = WHOLE, record: Record | None = None
) -> Diagnosis:
    """As ``examine``, for opened splits; the name of the split is "" for a dataset without splits.

    ``record`` may already hold what was found about the files.
    """
    record = Record(None) if record is None else record
    survey = Survey(record, complete=extent == WHOLE)
    entries = [(split, index) for split, dataset in splits.items() for index in range(len(dataset))]
    began, read = time.monotonic(), 0
    for entry in extent.order(len(entries)):
        split, index = entries[entry]
        step(read, len(entries))
        _check_sample(splits[split], split, index, survey)
        read += 1
        if time.monotonic() - began > extent.seconds:
            break
    for split, dataset in splits.items():
        for note in dataset.notes:
            record.add("reader_notes", split or dataset.name, note)
        for path in getattr(dataset, "skipped", ()):
            record.add("skipped", path)
    if not entries and not record.found("missing_mask", "missing_image"):
        record.add("no_pairs", next(iter(splits.values())).title)
    survey.conclude(next(iter(splits.values())).classes, step, complete=read == len(entries))
    return record.diagnosis(read)


def _check_sample(dataset: SegDataset, split: str, index: int, survey: Survey) -> None:
    try:
        sample = dataset[index]
    except SegcoreError as error:
        survey.record.add(_kind_of(error), f"{split} {index}".strip(), error.message)
        return
    name = f"{split}/{sample.name}" if split else sample.name
    survey.add_image(split, name, sample.image)
    survey.add_mask(split, name, sample.labels, sample.labels)
    item = dataset.items[index] if isinstance(dataset, ItemDataset) else None
    size = (sample.labels.shape[0], sample.labels.shape[1])
    if isinstance(item, coco.Photo):
        survey.orientations.add_annotated(name, exif_orientation(item.image), size, item.size)
    elif isinstance(item, Pair):
        stated = None if item.mask.suffix == ".txt" else size  # YOLO has shares of the sides
        survey.orientations.add_annotated(name, exif_orientation(item.image), size, stated)


def _kind_of(error: SegcoreError) -> str:
    if error.facts.get("kind") in KINDS:
        return str(error.facts["kind"])
    if isinstance(error, UnknownLabel):
        return "unknown_value"
    return "missing_image" if isinstance(error, MissingData) else "unreadable"
