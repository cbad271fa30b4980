"""What is wrong with a dataset folder, found before training does.

``check_dataset`` reads every file once and keeps going whatever it meets: all problems come in one list, each kind
once, with how many files have it, the first of them, and what to do.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from segcore.data.classes_file import ClassesFile, read_classes
from segcore.data.folder import Part, files_by_stem, find_parts, folder_splits
from segcore.data.images import NotLabels, decode, read_labels, turned_by_exif
from segcore.data.listed import NO_CLASS
from segcore.errors import BadDataset, BadImage
from segcore.types import IGNORE, LabelMap

MAX_FILES = 10
"""How many files a finding names."""


@dataclass(frozen=True)
class Finding:
    """One kind of problem.

    Attributes:
        kind: one of KINDS.
        severity: "error" (training stops or learns nonsense), "warning" (look at it) or "note".
        title: what it is, for people.
        count: how many files (for classes: how many classes) have it.
        files: the first MAX_FILES of them, relative to the dataset.
        detail: what was met, "" where the title says all.
        advice: what to do.
    """

    kind: str
    severity: str
    title: str
    count: int
    files: tuple[str, ...]
    detail: str
    advice: str


KINDS: dict[str, tuple[str, str, str]] = {
    # kind: (severity, title, advice)
    "bad_classes": (
        "error",
        "classes.json is missing or wrong",
        'Write one beside images/: {"classes": ["background", "cat"], "ignore_index": 255}',
    ),
    "unreadable": ("error", "Files that cannot be read", "Copy them again from where they came, or remove the pair."),
    "same_name": ("error", "Files with the same name", "Keep one file per name, extensions aside."),
    "missing_mask": ("error", "Images without a mask", "Add masks/NAME.png, or move the images elsewhere."),
    "missing_image": ("error", "Masks without an image", "Add the images, or move the masks elsewhere."),
    "unknown_name": ("error", "Split lists name images that do not exist", "Correct the lists or add the images."),
    "exif_rotated": (
        "error",
        "Masks drawn on the photo as stored, not as shown (EXIF orientation)",
        "Save the photos without an orientation mark, turned as the masks are; or turn the masks.",
    ),
    "size_mismatch": (
        "error",
        "Image and mask differ in size",
        "Export the mask again at the image's size. Resize masks only by nearest neighbour.",
    ),
    "colour_mask": (
        "error",
        "Masks hold colours instead of class ids",
        "Replace every colour by its class id and save as 8-bit PNG.",
    ),
    "jpeg_mask": (
        "error",
        "Masks are JPEG files, whose values are not exact",
        "Make them again from the originals and save as PNG.",
    ),
    "binary_255": (
        "error",
        "Masks use 0 and 255 for no and yes, but 255 is read as ignored",
        "Replace 255 by 1, the id of the second class.",
    ),
    "unknown_value": (
        "error",
        "Masks hold values that are no class",
        "Add the classes to classes.json, or replace the values; 255 marks pixels to ignore.",
    ),
    "split_leak": (
        "error",
        "The same picture in two splits",
        "Keep each picture in one split: scores on pictures seen in training mean nothing.",
    ),
    "duplicate": ("warning", "The same picture more than once", "Keep one of each; check that their masks agree."),
    "absent_class": (
        "warning",
        "Classes that no mask holds",
        "Nothing can be learnt about them: add images that show them, or take them out of classes.json.",
    ),
    "all_ignored": ("warning", "Masks in which every pixel is ignored", "Label them or remove the pairs."),
    "empty_mask": (
        "note",
        "Masks with nothing but class 0",
        "Fine where the photos really show nothing else; otherwise the masks were never drawn.",
    ),
}


@dataclass
class _Record:
    """What is gathered while the files are read."""

    root: Path
    files: dict[str, list[str]] = field(default_factory=dict)
    details: dict[str, list[str]] = field(default_factory=dict)

    def add(self, kind: str, path: Path | str, detail: str = "") -> None:
        name = path.relative_to(self.root).as_posix() if isinstance(path, Path) else path
        self.files.setdefault(kind, []).append(name)
        known = self.details.setdefault(kind, [])
        if detail and detail not in known:
            known.append(detail)

    def findings(self) -> list[Finding]:
        found = []
        for kind, (severity, title, advice) in KINDS.items():
            files = self.files.get(kind, [])
            if files:
                detail = "; ".join(self.details[kind][:3])
                found.append(Finding(kind, severity, title, len(files), tuple(files[:MAX_FILES]), detail, advice))
        return found


def check_dataset(path: str | Path) -> list[Finding]:
    """Look for everything that is known to go wrong in a folder of images and masks.

    Args:
        path: the dataset, as for ``open_folder``.

    Returns:
        Findings, the graver kinds first; [] for a sound dataset.

    Raises:
        BadDataset: there is no such folder, or it has no images/ at all.
    """
    root = Path(path).expanduser()
    parts = {place.root: place for place in find_parts(root, None)}
    record = _Record(root)
    classes = _classes(root, parts, record)
    lists = _split_lists(root, record)
    values_met = np.zeros(256, np.int64)
    masks: list[Path] = []
    seen: dict[bytes, list[Path]] = {}
    for part in parts.values():
        for image_path, mask_path in _matched(part, record):
            digest, shape = _look_at_image(image_path, classes, record)
            if digest:
                seen.setdefault(digest, []).append(image_path)
            labels = _read_mask(mask_path, record)
            if labels is None:
                continue
            masks.append(mask_path)
            values_met += np.bincount(labels.ravel(), minlength=256)
            if shape is not None:
                _compare_sizes(image_path, mask_path, shape, labels.shape, record)
            if classes is not None:
                _look_at_labels(mask_path, labels, classes, record)
    if classes is not None and masks:
        _look_at_all_values(values_met, masks, classes, record)
    _look_for_copies(seen.values(), lists, record)
    return record.findings()


def _classes(root: Path, parts: Iterable[Path], record: _Record) -> ClassesFile | None:
    """The classes of the dataset; None where they cannot be known, which is recorded."""
    found: list[ClassesFile] = []
    for place in parts:
        try:
            found.append(read_classes(place, root))
        except BadDataset as error:
            record.add("bad_classes", "classes.json", str(error))
    if found and any(other.classes != found[0].classes for other in found):
        record.add("bad_classes", "classes.json", "The splits name different classes.")
        return None
    return found[0] if found else None


def _split_lists(root: Path, record: _Record) -> dict[str, set[str]]:
    """Image name → splits whose lists name it."""
    splits_of: dict[str, set[str]] = {}
    if not (root / "images").is_dir():
        return splits_of
    known = files_by_stem(root / "images")
    for split in folder_splits(root):
        if split == "trainval":  # holds both others on purpose
            continue
        for part in find_parts(root, split):
            for name in part.names or ():
                splits_of.setdefault(name, set()).add(split)
                if name not in known:
                    record.add("unknown_name", f"{split}.txt: {name}")
    for name, splits in splits_of.items():
        if len(splits) > 1 and name in known:
            record.add("split_leak", known[name][0], f"{name} is listed in {' and '.join(sorted(splits))}")
    return splits_of


def _matched(part: Part, record: _Record) -> list[tuple[Path, Path]]:
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


def _look_at_image(
    path: Path, classes: ClassesFile | None, record: _Record
) -> tuple[bytes | None, tuple[int, int] | None]:
    """A digest of the pixels and the size (h, w) of the upright photo; None for what cannot be known."""
    try:
        image = decode(path, channels=classes.image_channels if classes else 3)
    except BadImage as error:
        record.add("unreadable", path, str(error))
        return None, None
    digest = hashlib.blake2b(np.ascontiguousarray(image).tobytes(), digest_size=16).digest()
    return digest + str(image.shape).encode(), (image.shape[0], image.shape[1])


def _read_mask(path: Path, record: _Record) -> LabelMap | None:
    try:
        return read_labels(path)
    except NotLabels as error:
        record.add(error.kind, path, str(error))
    except BadImage as error:
        record.add("unreadable", path, str(error))
    return None


def _compare_sizes(
    image_path: Path, mask_path: Path, image_size: tuple[int, int], mask_size: tuple[int, ...], record: _Record
) -> None:
    if image_size == mask_size:
        return
    if image_size == mask_size[::-1] and turned_by_exif(image_path):
        record.add("exif_rotated", image_path)
        return
    (height, width), (rows, columns) = image_size, mask_size
    record.add("size_mismatch", mask_path, f"{image_path.name} {width} × {height}, mask {columns} × {rows}")


def _look_at_labels(path: Path, raw: LabelMap, classes: ClassesFile, record: _Record) -> None:
    labels = classes.value_table()[raw]
    strange = np.unique(raw[labels == NO_CLASS])
    if strange.size:
        shown = ", ".join(map(str, strange[:12])) + (" …" if strange.size > 12 else "")
        record.add("unknown_value", path, f"values {shown}, with {len(classes.classes)} classes")
    elif (labels == IGNORE).all():
        record.add("all_ignored", path)
    elif not ((labels != 0) & (labels != IGNORE)).any() and not (raw == 255).any():
        record.add("empty_mask", path)


def _look_at_all_values(values_met: np.ndarray, masks: list[Path], classes: ClassesFile, record: _Record) -> None:
    """What only all masks together can show."""
    if values_met[255] and not values_met[1:255].any() and len(classes.classes) >= 2:
        for path in masks:
            record.add("binary_255", path)
        return  # then the classes above 0 are absent for this very reason
    table = classes.value_table()
    present = {int(table[value]) for value in np.flatnonzero(values_met)}
    for index, name in enumerate(classes.classes):
        if index not in present:
            record.add("absent_class", name)


def _look_for_copies(groups: Iterable[list[Path]], lists: dict[str, set[str]], record: _Record) -> None:
    """Pictures that are equal pixel by pixel, whatever their names."""
    for same in groups:
        if len(same) < 2:
            continue
        folders = {path.parent.parent for path in same}  # DIR, or DIR/train and DIR/val
        listed = set[str]().union(*(lists.get(path.stem, set()) for path in same))
        kind = "split_leak" if len(folders) > 1 or len(listed) > 1 else "duplicate"
        names = [path.relative_to(record.root).as_posix() for path in same]
        record.add(kind, same[1], " = ".join(names[:4]))
