"""Images with black-and-white masks: the layout of most small projects, and of Carvana.

    images/NAME.jpg  masks/NAME.png         or imgs/, image/, input/ and mask/, label/, labels/, targets/, gt/, target/
    train/images/…  val/images/…            one such pair per split
    masks/NAME_mask.gif                     a mask's name may end in _mask, _label, _seg, _segmentation or _gt

Masks hold 0 and 255, or 0 and 1, as grey, palette or grey RGB images. Other values raise an error, and so do JPEG
masks, whose edges are blurred; ``python -m segcore data check`` lists what to do about them.

A folder with a ``classes.json`` has the layout of folder.py instead.
"""

from pathlib import Path

import numpy as np

from segcore.data.dataset_cards import DatasetCard
from segcore.data.formats.item_dataset import ItemDataset, Pair, folder_facts, image_dataset, read_pair
from segcore.data.formats.mask_values import NO_CLASS, refuse_unknown_values
from segcore.data.formats.split_folders import (
    choose_splits,
    find_splits,
    first_names,
    layout_of_splits,
    match_masks,
    visible_files,
)
from segcore.data.image_files import PHOTO_SUFFIXES
from segcore.data.images import NotLabels, decode, read_labels
from segcore.errors import BadDataset, BadImage
from segcore.palette import default_colours
from segcore.types import LabelMap, Pixels

CLASSES = ("background", "foreground")

_IMAGE_FOLDERS = ("images", "imgs", "image", "input", "img")
_MASK_FOLDERS = ("masks", "mask", "labels", "label", "targets", "target", "gt")
_ENDINGS = ("", "_mask", "_masks", "_label", "_seg", "_segmentation", "_gt")
_MASK_SUFFIXES = (".png", ".gif", ".bmp", ".tif", ".tiff")
_SPLITS = {"train": ("train", "training"), "val": ("val", "valid", "validation"), "test": ("test", "testing")}
_MASKS_TO_CHECK = 5
"""Masks that are read to decide whether a folder has this layout."""


def open_binary(root: Path, split: str | None) -> ItemDataset[Pair]:
    """Open a split; None is all but the test split."""
    places = _places(root)
    pairs = [pair for name in choose_splits(root, split, places) for pair in _pairs(*places[name])]
    if not pairs:
        raise BadDataset("{root} holds no image. Add images and masks of the same names.", root=root)
    return image_dataset(folder_facts(root, split, CLASSES), pairs, _read)


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


def _is_binary(masks: Path) -> bool:
    """Whether the first few masks hold only 0 and one of 1 and 255."""
    files = visible_files(masks, *_MASK_SUFFIXES)[:_MASKS_TO_CHECK]
    try:
        found = [set(np.unique(read_binary_values(path)).tolist()) for path in files]
    except BadImage:
        return False
    return bool(found) and all(values <= {0, 255} or values <= {0, 1} for values in found)


def _places(root: Path) -> dict[str, tuple[Path, Path]]:
    """Split, or "" without splits → folders of images and black-and-white masks; {} where other masks are there."""
    here = _image_and_mask_folder(root)
    places = {"": here} if here else find_splits(_SPLITS, lambda name: _image_and_mask_folder(root / name))
    return places if all(_is_binary(masks) for _, masks in places.values()) else {}


def _image_and_mask_folder(root: Path) -> tuple[Path, Path] | None:
    if not root.is_dir() or (root / "classes.json").exists():
        return None
    images = next((root / name for name in _IMAGE_FOLDERS if (root / name).is_dir()), None)
    masks = next((root / name for name in _MASK_FOLDERS if visible_files(root / name, *_MASK_SUFFIXES)), None)
    return None if images is None or masks is None else (images, masks)


def _pairs(images: Path, masks: Path) -> list[Pair]:
    pairs, lost = match_masks(visible_files(images, *PHOTO_SUFFIXES), visible_files(masks, *_MASK_SUFFIXES), _ENDINGS)
    if lost:
        raise BadDataset(
            "In {masks} there are no masks for these images: {names}. A mask has its image's name, perhaps with "
            "_mask behind it. Add what is missing or move the images elsewhere.",
            masks=masks,
            names=first_names(lost),
        )
    return pairs


CARD = DatasetCard(
    name="binary",
    title="Black-and-white masks",
    summary="A folder with images/ and masks/ of 0 and 255 (or 1): background and foreground, no classes.json needed.",
    splits=("train", "val", "test"),
    layout=layout_of_splits("images/ and masks/ whose masks hold only 0 and 255 (or 1)", _places, open_binary),
    classes=CLASSES,
    colours=default_colours(CLASSES),
)
