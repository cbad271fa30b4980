"""Photos and black-and-white masks: the layout of most small projects, and of Carvana.

    images/NAME.jpg  masks/NAME.png         or imgs/, image/, input/ and mask/, label/, labels/, targets/, gt/, target/
    train/images/…  val/images/…            one such pair a split
    masks/NAME_mask.gif                     a mask's name may end in _mask, _label, _seg, _segmentation or _gt

Masks hold 0 and 255, or 0 and 1; as grey, as palette or as grey RGB. Anything else is refused with a sentence, JPEG
masks too: their edges are blurred. ``python -m segcore data check`` says what to do about those.

Without a ``classes.json``; with one the folder is read as folder.py says.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from segcore.data.dataset_cards import DatasetCard, Layout
from segcore.data.formats.listed import (
    NO_CLASS,
    ListedDataset,
    Pair,
    Pixels,
    read_both,
    refuse_strange,
    some,
    visible,
    wanted_splits,
)
from segcore.data.images import NotLabels, decode, read_labels
from segcore.errors import BadDataset, BadImage
from segcore.palette import default_colours
from segcore.types import LabelMap

CLASSES = ("background", "foreground")

_IMAGE_FOLDERS = ("images", "imgs", "image", "input", "img")
_MASK_FOLDERS = ("masks", "mask", "labels", "label", "targets", "target", "gt")
_ENDINGS = ("", "_mask", "_masks", "_label", "_seg", "_segmentation", "_gt")
_IMAGE_SUFFIXES = (".jpg", ".jpeg", ".png", ".tif", ".tiff", ".bmp", ".webp", ".gif")
_MASK_SUFFIXES = (".png", ".gif", ".bmp", ".tif", ".tiff")
_SPLITS = {"train": ("train", "training"), "val": ("val", "valid", "validation"), "test": ("test", "testing")}
_LOOKED_AT = 5
"""So many masks tell whether a folder is black and white."""


def find(folder: Path) -> Path | None:
    """The folder with images and black-and-white masks, or with splits of them."""
    places = _places(folder)
    return folder if places and all(_is_binary(masks) for _, masks in places.values()) else None


def splits(root: Path) -> tuple[str, ...]:
    """Of the folders that are there."""
    return tuple(split for split in _places(root) if split)


def open_binary(root: Path, split: str | None) -> ListedDataset[Pair]:
    """Open a split; None is all but the test split.

    Raises:
        BadDataset: no such split, or images without masks.
    """
    places = _places(root)
    wanted = wanted_splits(root, split, places)
    pairs = [pair for name in wanted for pair in _pairs(*places[name])]
    if not pairs:
        raise BadDataset("{root} holds no image. Add images and masks of the same names.", root=root)
    title = root.resolve().name
    return ListedDataset(
        name=title,
        title=f"{title} ({split})" if split else title,
        classes=CLASSES,
        colours=default_colours(CLASSES),
        licence="",
        shippable=None,
        names=tuple(pair.image.stem for pair in pairs),
        items=tuple(pairs),
        read=ReadBinary(),
    )


@dataclass(frozen=True)
class ReadBinary:
    """Read an image and its mask."""

    def __call__(self, pair: Pair) -> tuple[Pixels, LabelMap]:
        """Image (H, W, 3) and labels (H, W) of 0 and 1."""
        image, values = read_both(pair, decode, read_binary_values)
        one = 255 if (values == 255).any() else 1  # both in one mask would mean a class and ignored pixels
        labels = np.where(values == 0, 0, np.where(values == one, 1, NO_CLASS)).astype(np.uint8)
        refuse_strange(pair.mask, values, labels)
        return image, labels


def read_binary_values(path: Path) -> LabelMap:
    """(H, W) uint8 as in the file; masks in grey RGB are as good as grey ones.

    Raises:
        BadImage: unreadable, a JPEG, or in colours.
    """
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
    """Whether the first few masks hold nothing but 0 and one of 1 and 255."""
    files = visible(masks, *_MASK_SUFFIXES)[:_LOOKED_AT]
    try:
        found = [set(np.unique(read_binary_values(path)).tolist()) for path in files]
    except BadImage:
        return False
    return bool(found) and all(values <= {0, 255} or values <= {0, 1} for values in found)


def _places(root: Path) -> dict[str, tuple[Path, Path]]:
    """Split, or "" where there are none → folders of images and masks."""
    here = _image_and_mask_folder(root)
    if here is not None:
        return {"": here}
    found = {}
    for split, names in _SPLITS.items():
        place = next((place for name in names if (place := _image_and_mask_folder(root / name))), None)
        if place is not None:
            found[split] = place
    return found


def _image_and_mask_folder(root: Path) -> tuple[Path, Path] | None:
    if not root.is_dir() or (root / "classes.json").exists():
        return None
    images = next((root / name for name in _IMAGE_FOLDERS if (root / name).is_dir()), None)
    masks = next((root / name for name in _MASK_FOLDERS if visible(root / name, *_MASK_SUFFIXES)), None)
    return None if images is None or masks is None else (images, masks)


def _pairs(images: Path, masks: Path) -> Iterator[Pair]:
    by_stem = {path.stem: path for path in visible(masks, *_MASK_SUFFIXES)}
    lost = []
    for image in visible(images, *_IMAGE_SUFFIXES):
        mask = next((by_stem[image.stem + end] for end in _ENDINGS if image.stem + end in by_stem), None)
        if mask is None:
            lost.append(image.name)
        else:
            yield Pair(image, mask)
    if lost:
        raise BadDataset(
            "In {masks} there are no masks for these images: {names}. A mask has its image's name, perhaps with "
            "_mask behind it. Add what is missing or move the images elsewhere.",
            masks=masks,
            names=some(lost),
        )


CARD = DatasetCard(
    name="binary",
    title="Black-and-white masks",
    summary="A folder with images/ and masks/ of 0 and 255 (or 1): background and foreground, no classes.json needed.",
    splits=("train", "val", "test"),
    layout=Layout("images/ and masks/ whose masks hold only 0 and 255 (or 1)", find, splits, open_binary),
    classes=CLASSES,
    colours=default_colours(CLASSES),
)
