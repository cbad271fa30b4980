"""The check of a folder of images and masks: every file is read once, and no problem ends the check."""

import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from segcore.data.classes_file import ClassesFile, read_classes
from segcore.data.doctor.masks import look_at_mask, size_detail
from segcore.data.doctor.record import WHOLE, Diagnosis, Extent, Record, Step, ignore_step
from segcore.data.doctor.survey import Survey
from segcore.data.formats.folder_files import FoldersOf, Part, find_parts, own_folders, split_sources
from segcore.data.formats.pairing import files_by_key, pair_files
from segcore.data.image_files import exif_orientation
from segcore.data.images import decode
from segcore.data.splits import canonical, distinct_splits
from segcore.errors import BadDataset, BadImage, Message


def examine_folder(path: str | Path, step: Step = ignore_step, extent: Extent = WHOLE) -> Diagnosis:
    """Check a folder of images and masks for every known problem; ``step`` gets the number of pairs read and of all.

    Raises:
        MissingData, BadDataset: there is no such folder, or it has no images/ at all.
    """
    root = Path(path).expanduser()
    record = Record(root)
    classes = known_classes(root, record)
    lists = split_lists(root, record, extent=extent)
    pairs = [pair for part in find_parts(root, None) for pair in _pairs(part, root, lists, extent, record)]
    ids_in_files = classes is None or not classes.reduce_zero_label
    survey = Survey(record, complete=extent == WHOLE, ids_in_files=ids_in_files)
    began, read = time.monotonic(), 0
    for index in extent.order(len(pairs)):
        step(read, len(pairs))
        _check_pair(*pairs[index], classes, survey)
        read += 1
        if time.monotonic() - began > extent.seconds:
            break
    if not pairs and not record.found("missing_mask", "missing_image"):
        record.add("no_pairs", root.name, Message("{folder} holds no image with a mask", folder=root))
    survey.conclude(classes.classes if classes else None, step, complete=read == len(pairs))
    return record.diagnosis(read)


def known_classes(root: Path, record: Record) -> ClassesFile | None:
    """The classes of the dataset; None where they are unknown, which is recorded."""
    found: list[ClassesFile] = []
    for part in find_parts(root, None):
        try:
            found.append(read_classes(part.root, root))
        except BadDataset as error:
            record.add("bad_classes", "classes.json", error.message)
    if found and any(other.classes != found[0].classes for other in found):
        record.add("bad_classes", "classes.json", Message("The splits name different classes."))
        return None
    return found[0] if found else None


def split_lists(
    root: Path, record: Record, folders_of: FoldersOf = own_folders, extent: Extent = WHOLE
) -> dict[str, str]:
    """Key of an image → the split whose list or folder names it.

    Names in two lists, names without an image, and lists that cannot be read are recorded, of splits of ``extent``.
    """
    splits_of: dict[str, str] = {}
    here = folders_of(root)
    if here is None:
        return splits_of
    known = files_by_key(root / here[0])
    sources = split_sources(root, folders_of)
    everything, nothing = record, Record(record.root)
    for split in distinct_splits(sources):
        record = everything if extent.includes(split) else nothing
        try:
            (part,) = find_parts(root, split, folders_of)
        except BadDataset as error:
            record.add("unreadable", sources[split], error.message)
            continue
        for name in part.names or ():
            if name not in known:
                record.add("unknown_name", f"{sources[split].name}: {name}")
            elif name in splits_of:
                detail = Message("{name} is listed in {one} and {other}", name=name, one=splits_of[name], other=split)
                record.add_group("cross_split_duplicate", [record.name(known[name][0])], detail)
            else:
                splits_of[name] = split
    return splits_of


def _pairs(
    part: Part, root: Path, lists: Mapping[str, str], extent: Extent, record: Record
) -> Iterator[tuple[Path, Path, str]]:
    """(image, mask, split) of the pairs of a folder; files without a counterpart are recorded."""
    found = pair_files(part.images, part.masks)
    own = "" if part.root == root else canonical(part.root.name)
    names = [key for key in found.images if extent.includes(own or lists.get(key, ""))]
    if names or extent.splits is None:
        record.add_files(found, names)
    for key in found.keys:
        split = own or lists.get(key, "")
        if extent.includes(split):
            yield found.images[key][0], found.masks[key][0], split


def _check_pair(image_path: Path, mask_path: Path, split: str, classes: ClassesFile | None, survey: Survey) -> None:
    """Read a pair and note the problems of the image, of the mask, and of both together."""
    record = survey.record
    size = None
    try:
        channels, scale = (classes.image_channels, classes.value_range) if classes else (3, None)
        image = decode(image_path, channels=channels, value_range=scale)
    except BadImage as error:
        record.add("unreadable", image_path, error.message)
    else:
        size = (image.shape[0], image.shape[1])
        survey.add_image(split, record.name(image_path), image)
    look = look_at_mask(mask_path, classes)
    if look.kind:
        record.add(look.kind, mask_path, look.detail)
    if look.raw is not None and look.labels is not None:
        survey.add_mask(split, record.name(mask_path), look.raw, look.labels)
    if size is None or look.size is None:
        return
    orientation, name = exif_orientation(image_path), record.name(image_path)
    if not survey.orientations.add(name, orientation, size, look.size, record) and size != look.size:
        record.add("size_mismatch", mask_path, size_detail(image_path.name, size, look.size))
