"""The walk through a folder of images and masks: every file is read once, and whatever is met, it goes on."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from segcore.data.classes_file import ClassesFile, read_classes
from segcore.data.doctor.copies import Pictures, groups_of, near_pairs, sequences_across
from segcore.data.doctor.masks import look_at_mask
from segcore.data.doctor.record import Diagnosis, Record
from segcore.data.doctor.survey import Survey, split_name
from segcore.data.formats.folder import Part, files_by_stem, find_parts, folder_splits
from segcore.data.images import decode, turned_by_exif
from segcore.errors import BadDataset, BadImage, Message, joined

Step = Callable[[int, int], bool]


def examine_folder(path: str | Path, step: Step | None = None) -> Diagnosis | None:
    """Look for everything that is known to go wrong in a folder of images and masks.

    Args:
        path: the dataset, as for ``open_folder``.
        step: told how many pairs were read, of how many; True gives up.

    Returns:
        The diagnosis, None when it was given up.

    Raises:
        MissingData, BadDataset: there is no such folder, or it has no images/ at all.
    """
    root = Path(path).expanduser()
    parts = find_parts(root, None)
    record = Record(root)
    classes = known_classes(root, (part.root for part in parts), record)
    lists = split_lists(root, record)
    pairs = [pair for part in parts for pair in _matched(part, record)]
    walk = _Walk(classes, Survey(len(classes.classes) if classes else 0), Pictures(), record)
    going = step or _never
    for done, (image_path, mask_path) in enumerate(pairs):
        if going(done, len(pairs)):
            return None
        walk.look_at(image_path, mask_path, split_name(image_path, root) or lists.get(image_path.stem, ""))
    if classes is not None:
        walk.survey.conclude(classes.classes, record)
    if not tell_copies(walk.pictures, record, going):
        return None
    return record.diagnosis(len(pairs))


def _never(_done: int, _total: int) -> bool:
    return False


def known_classes(root: Path, places: Iterable[Path], record: Record) -> ClassesFile | None:
    """The classes of the dataset; None where they cannot be known, which is recorded."""
    found: list[ClassesFile] = []
    for place in places:
        try:
            found.append(read_classes(place, root))
        except BadDataset as error:
            record.add("bad_classes", "classes.json", error.message)
    if found and any(other.classes != found[0].classes for other in found):
        record.add("bad_classes", "classes.json", Message("The splits name different classes."))
        return None
    return found[0] if found else None


def split_lists(root: Path, record: Record) -> dict[str, str]:
    """Image name → the split whose list names it; names in two lists, and names of nothing, are recorded."""
    splits_of: dict[str, str] = {}
    if not (root / "images").is_dir():
        return splits_of
    known = files_by_stem(root / "images")
    for split in folder_splits(root):
        if split == "trainval":  # holds both others on purpose
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
    """Pairs of one folder; whatever has no partner is recorded."""
    images, masks = files_by_stem(part.root / "images"), files_by_stem(part.root / "masks")
    for same in [*images.values(), *masks.values()]:
        for extra in same[1:]:
            record.add("same_name", extra)
    for name in sorted(images.keys() - masks.keys()):
        record.add("missing_mask", images[name][0])
    for name in sorted(masks.keys() - images.keys()):
        record.add("missing_image", masks[name][0])
    return [(images[name][0], masks[name][0]) for name in sorted(images.keys() & masks.keys())]


@dataclass(frozen=True)
class _Walk:
    """What is gathered on the way, and the classes that the masks are judged by."""

    classes: ClassesFile | None
    survey: Survey
    pictures: Pictures
    record: Record

    def look_at(self, image_path: Path, mask_path: Path, split: str) -> None:
        """Read a pair and note what is wrong with image and mask, each alone and both together."""
        size = self._image(image_path, split)
        look = look_at_mask(mask_path, self.classes)
        if look.kind:
            self.record.add(look.kind, mask_path, look.detail)
        if look.raw is not None and look.labels is not None:
            self.survey.add_mask(split, self.record.name(mask_path), look.raw, look.labels, self.record)
        if size is None or look.size is None or size == look.size:
            return
        if size == look.size[::-1] and turned_by_exif(image_path):
            self.record.add("exif_rotated", image_path)
            return
        (height, width), (rows, columns) = size, look.size
        detail = Message(
            "{name} {width} × {height}, mask {columns} × {rows}",
            name=image_path.name,
            width=width,
            height=height,
            columns=columns,
            rows=rows,
        )
        self.record.add("size_mismatch", mask_path, detail)

    def _image(self, path: Path, split: str) -> tuple[int, int] | None:
        """Count in an image; its size (h, w), upright, or None for one that cannot be read."""
        try:
            image = decode(path, channels=self.classes.image_channels if self.classes else 3)
        except BadImage as error:
            self.record.add("unreadable", path, error.message)
            return None
        self.survey.add_image(split, image)
        self.pictures.add(self.record.name(path), split, image)
        return image.shape[0], image.shape[1]


def tell_copies(pictures: Pictures, record: Record, step: Step) -> bool:
    """Record equal pictures, nearly equal ones and sequences in two splits; False when ``step`` gave up."""
    for same in pictures.equal():
        names = [pictures.names[index] for index in same]
        across = len({pictures.splits[index] for index in same} - {""}) > 1
        record.add_group("cross_split_duplicate" if across else "duplicate", names, joined(names[:4], " = "))
    pairs = near_pairs(pictures.prints, lambda done, total: step(done, max(total, 1)))
    if pairs is None:
        return False
    groups = groups_of(pairs)
    splits = [[pictures.splits[index] for index in group] for group in groups]
    order = np.argsort([len(set(each) - {""}) < 2 for each in splits], kind="stable")  # those across splits first
    for position in order:
        names = [pictures.names[index] for index in groups[position]]
        across = len(set(splits[position]) - {""}) > 1
        told = joined(names[:4], " ≈ ")
        record.add_group("near_duplicate", names, Message("{names} in two splits", names=told) if across else told)
    stems = [Path(name).stem for name in pictures.names]
    for beginning, places in sequences_across(stems, pictures.splits):
        counts = [Message("{count} in {split}", count=len(indices), split=split) for split, indices in places.items()]
        names = [pictures.names[index] for indices in places.values() for index in indices]
        record.add_group("sequence_leak", names, Message("{beginning}…: {places}", beginning=beginning, places=counts))
    return True
