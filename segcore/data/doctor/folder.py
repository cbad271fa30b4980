"""The check of a folder of images and masks: every file is read once, and no problem ends the check."""

from pathlib import Path

from segcore.data.classes_file import ClassesFile, read_classes
from segcore.data.doctor.masks import look_at_mask, size_detail
from segcore.data.doctor.record import Diagnosis, Record, Step, ignore_step
from segcore.data.doctor.survey import Survey, split_name
from segcore.data.formats.folder_files import Part, files_by_stem, find_parts, folder_splits
from segcore.data.image_files import exif_orientation
from segcore.data.images import decode
from segcore.errors import BadDataset, BadImage, Message


def examine_folder(path: str | Path, step: Step = ignore_step) -> Diagnosis:
    """Check a folder of images and masks for every known problem; ``step`` gets the number of pairs read and of all.

    Raises:
        MissingData, BadDataset: there is no such folder, or it has no images/ at all.
    """
    root = Path(path).expanduser()
    record = Record(root)
    classes = known_classes(root, record)
    lists = split_lists(root, record)
    pairs = [pair for part in find_parts(root, None) for pair in _matched(part, record)]
    survey = Survey(record, ids_in_files=classes is None or not classes.reduce_zero_label)
    for done, (image_path, mask_path) in enumerate(pairs):
        step(done, len(pairs))
        split = split_name(image_path, root) or lists.get(image_path.stem, "")
        _check_pair(image_path, mask_path, split, classes, survey)
    survey.conclude(classes.classes if classes else None, step)
    return record.diagnosis(len(pairs))


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


def split_lists(root: Path, record: Record) -> dict[str, str]:
    """Image name → the split whose list names it; names in two lists, and names without an image, are recorded."""
    splits_of: dict[str, str] = {}
    if not (root / "images").is_dir():
        return splits_of
    known = files_by_stem(root / "images")
    for split in folder_splits(root):
        if split == "trainval":  # repeats both others on purpose
            continue
        for name in dict.fromkeys(name for part in find_parts(root, split) for name in part.names or ()):
            if name not in known:
                record.add("unknown_name", f"{split}.txt: {name}")
            elif name in splits_of:
                detail = Message("{name} is listed in {one} and {other}", name=name, one=splits_of[name], other=split)
                record.add_group("cross_split_duplicate", [record.name(known[name][0])], detail)
            else:
                splits_of[name] = split
    return splits_of


def _matched(part: Part, record: Record) -> list[tuple[Path, Path]]:
    """(image, mask) of one folder; files without a counterpart are recorded."""
    images, masks = files_by_stem(part.root / "images"), files_by_stem(part.root / "masks")
    for same in [*images.values(), *masks.values()]:
        for extra in same[1:]:
            record.add("same_name", extra)
    for name in sorted(images.keys() - masks.keys()):
        record.add("missing_mask", images[name][0])
    for name in sorted(masks.keys() - images.keys()):
        record.add("missing_image", masks[name][0])
    return [(images[name][0], masks[name][0]) for name in sorted(images.keys() & masks.keys())]


def _check_pair(image_path: Path, mask_path: Path, split: str, classes: ClassesFile | None, survey: Survey) -> None:
    """Read a pair and note the problems of the image, of the mask, and of both together."""
    record = survey.record
    size = None
    try:
        image = decode(image_path, channels=classes.image_channels if classes else 3)
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
