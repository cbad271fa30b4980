"""Images with black-and-white masks: the layout of most small projects, and of Carvana.

    images/NAME.jpg  masks/NAME.png         or imgs/, image/, input/ and mask/, label/, labels/, targets/, gt/, target/
    train/images/…  val/images/…            one such pair per split; or images/train/… and masks/train/…
    train.txt  val.txt  test.txt            optional: the names of a split, one a line
    masks/NAME_mask.gif                     a mask's name may end in _mask, _label, _seg, _gt … (see pairing.py)

Masks hold 0 and 255, or 0 and 1, as grey, palette or grey RGB images. Other values raise an error, and so do JPEG
masks, whose edges are blurred; ``python -m segcore data check`` lists what to do about them.

A folder with a ``classes.json`` has the layout of folder.py instead.
"""

from functools import partial
from pathlib import Path

import numpy as np

from segcore.data.dataset_cards import DatasetCard
from segcore.data.formats.folder_files import FoldersOf, Part, parts_to_open, split_sources
from segcore.data.formats.item_dataset import ItemDataset, Pair, folder_facts, image_dataset, read_pair
from segcore.data.formats.mask_values import NO_CLASS, refuse_unknown_values
from segcore.data.formats.pairing import (
    IMAGE_SUFFIXES,
    PairedFiles,
    files_by_key,
    first_file,
    pair_files,
    pairs_of,
    require_pairs,
)
from segcore.data.formats.split_folders import layout_of_splits
from segcore.data.images import NotLabels, decode, read_labels
from segcore.data.splits import canonical, split_meant
from segcore.errors import BadDataset, BadImage
from segcore.palette import default_colours
from segcore.types import LabelMap, Pixels

CLASSES = ("background", "foreground")

_IMAGE_FOLDERS = ("images", "imgs", "image", "input", "img", "img_dir")
_MASK_FOLDERS = ("masks", "mask", "labels", "label", "targets", "target", "gt", "ann_dir")
_MASK_SUFFIXES = (".png", ".gif", ".bmp", ".tif", ".tiff")
_MASKS_TO_CHECK = 5
"""Masks that are read to decide whether a folder has this layout."""


def open_binary(root: Path, split: str | None, *, complete: bool = True) -> ItemDataset[Pair]:
    """Open a split; None is all but the test split. Unless it must be ``complete``, files without a pair are left out.

    Raises:
        BadDataset: no such split, no image, or files without a pair.
    """
    pairs: list[Pair] = []
    names: list[str] = []
    skipped: list[Path] = []
    for part in parts_to_open(root, split, folders_below(root)):
        found = part_files(part)
        keys = require_pairs(found, part.root, names=part.names) if complete else pairs_of(found, part.names)
        pairs += [Pair(found.images[key][0], found.masks[key][0]) for key in keys]
        names += keys
        skipped += found.skipped
    if not pairs and complete:
        raise BadDataset("{root} holds no image. Add images and masks of the same names.", root=root)
    split = canonical(split) if split else None
    return image_dataset(folder_facts(root, split, CLASSES), pairs, _read, names=names, skipped=tuple(skipped))


def _read(pair: Pair) -> tuple[Pixels, LabelMap]:
    """Image (H, W, 3) and labels (H, W) of 0 and 1."""
    image, values = read_pair(*pair, read_binary_values)
    one = 255 if (values == 255).any() else 1  # both in one mask would mean a class and ignored pixels
    labels = np.where(values == 0, 0, np.where(values == one, 1, NO_CLASS)).astype(np.uint8)
    refuse_unknown_values(pair.mask, values, labels)
    return image, labels


def read_binary_values(path: Path) -> LabelMap:
    """(H, W) uint8 as in the file, which may also be grey RGB; BadImage for JPEG and colours."""
    try:
        return read_labels(path)
    except NotLabels as error:
        if error.kind != "colour_mask":
            raise
        rgb = decode(path)
        if (rgb != rgb[..., :1]).any():
            raise
        return np.ascontiguousarray(rgb[..., 0])


def part_files(part: Part) -> PairedFiles:
    """The images and masks of a part."""
    return pair_files(part.images, part.masks, IMAGE_SUFFIXES, _MASK_SUFFIXES)


def _is_binary(masks: Path) -> bool:
    """Whether the first few masks hold only 0 and one of 1 and 255."""
    files = [path for same in files_by_key(masks, _MASK_SUFFIXES).values() for path in same][:_MASKS_TO_CHECK]
    try:
        found = [set(np.unique(read_binary_values(path)).tolist()) for path in files]
    except BadImage:
        return False
    return bool(found) and all(values <= {0, 255} or values <= {0, 1} for values in found)


def _places(root: Path) -> dict[str, Path]:
    """Split, or "" without splits → what defines it; {} where other masks are there."""
    folders_of = folders_below(root)
    sources = split_sources(root, folders_of)
    parts = [root] if folders_of(root) else list(sources.values())
    folders = [each / names[1] for each in parts if (names := folders_of(each))]
    return (sources or {"": root}) if folders and all(map(_is_binary, folders)) else {}


def folders_below(root: Path) -> FoldersOf:
    """The names of the folders of images and masks in ``root`` and in the folders of its splits."""
    return partial(_folders, root)


def _folders(root: Path, place: Path) -> tuple[str, str] | None:
    """The names of the folders of images and masks in the root or in the folder of a split; none with classes.json."""
    if (place != root and split_meant(place.name) is None) or not place.is_dir() or (place / "classes.json").exists():
        return None
    images = next((name for name in _IMAGE_FOLDERS if (place / name).is_dir()), None)
    masks = next((name for name in _MASK_FOLDERS if first_file(place / name, _MASK_SUFFIXES)), None)
    return None if images is None or masks is None else (images, masks)


CARD = DatasetCard(
    name="binary",
    title="Black-and-white masks",
    summary="A folder with images/ and masks/ of 0 and 255 (or 1): background and foreground, no classes.json needed.",
    splits=("train", "val", "test"),
    layout=layout_of_splits("images/ and masks/ whose masks hold only 0 and 255 (or 1)", _places, open_binary),
    classes=CLASSES,
    colours=default_colours(CLASSES),
)
