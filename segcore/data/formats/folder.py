"""A folder of images and masks as a dataset.

    DIR/classes.json                {"classes": ["background", "cat"], "ignore_index": 255}
    DIR/images/NAME.jpg             photos: jpg, png, tif, bmp, webp, gif
    DIR/masks/NAME.png              8-bit label maps of the same size; the value is the class id
    DIR/train.txt, val.txt …        optional: the names of a split, one a line

or one such folder per split, ``DIR/train/images``, ``DIR/val/images`` …, with ``classes.json`` in DIR or in each of
them; or ``DIR/images/train``, ``DIR/masks/train`` …. Splits may have any of their usual names (see splits.py). An image
and its mask have the same name without extension, or the mask's ends in _mask, _gt, _label … (see pairing.py).

``classes.json`` may also hold ``colors`` (or ``colours``; one [r, g, b] per class), ``licence``, ``title``,
``in_channels`` (default 3), ``shippable`` (whether weights trained on it may be distributed) and ``reduce_zero_label``
(true: in the masks 0 is unlabelled and the classes are numbered from 1).

More than three channels (depth, near infrared) come from files with that many bands, TIFF or RGBA PNG, or from files
with one band that are appended to the photo's channels: ``"stack": ["depth"]`` with ``"in_channels": 4`` takes
``DIR/depth/NAME.png`` as the fourth. Values of more than 8 bits are scaled to 0 … 255, by the same scale for all
files of a folder (see `segcore.data.image_depth`); ``"value_range": [0, 4095]`` states which values of images/ become 0
and 255.
"""

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from segcore.data.classes_file import ClassesFile, read_classes
from segcore.data.dataset_cards import DatasetCard, Layout
from segcore.data.formats.folder_files import FolderItem, folder_splits, part_items, parts_to_open, split_sources
from segcore.data.formats.item_dataset import ItemDataset, image_dataset, refuse_mask_as_stored, with_split
from segcore.data.formats.mask_values import NO_CLASS
from segcore.data.formats.split_folders import first_names
from segcore.data.image_files import size_text
from segcore.data.images import decode, read_labels
from segcore.data.splits import canonical, split_meant
from segcore.errors import BadDataset, BadImage, MissingData, UnknownLabel
from segcore.types import LabelMap, Pixels


@dataclass(frozen=True)
class ReadFolderItem:
    """Read a sample of a folder whose classes.json holds ``classes``."""

    classes: ClassesFile

    def __call__(self, item: FolderItem) -> tuple[Pixels, LabelMap]:
        """Image (H, W, C) and labels (H, W)."""
        try:
            image = decode(item.image, channels=self.classes.image_channels, value_range=self.classes.value_range)
            bands = [decode(path, channels=1) for path in item.bands]
            raw = read_labels(item.mask)
        except BadImage:
            for path in (item.image, item.mask, *item.bands):
                if not os.path.exists(path):  # noqa: PTH110 - Path.exists raises where a drive has gone
                    raise _vanished(path) from None
            raise
        for path, band in zip(item.bands, bands, strict=True):
            _require_size_of_image(item.image, image, path, band)
        if bands:
            image = np.concatenate([image, *bands], axis=2)
        if raw.shape != image.shape[:2]:
            refuse_mask_as_stored(item.image, image.shape, item.mask, raw.shape)
            raise BadDataset(
                "{image} is {size} pixels but its mask {mask} is {mask_size}; they must be equal. Draw or export the "
                "mask again at the image's size.",
                image=item.image.name,
                size=size_text(image.shape),
                mask=item.mask.name,
                mask_size=size_text(raw.shape),
            )
        labels = self.classes.value_table()[raw]
        if (labels == NO_CLASS).any():
            raise self._unknown_label(item.mask, np.unique(raw[labels == NO_CLASS]).tolist())
        return image, labels

    def _unknown_label(self, mask: Path, unknown: list[int]) -> UnknownLabel:
        known = [f"{value} {name}" for value, name in enumerate(self.classes.classes)]
        return UnknownLabel(
            "{mask} holds the value(s) {shown}, but classes.json names {count} classes: {known}. `python -m "
            "segcore data check {folder}` lists all such masks and what to do.",
            mask=mask.name,
            shown=first_names(list(map(str, unknown)), 8),
            count=len(known),
            known=first_names(known, 8),
            folder=mask.parent.parent,
            file=mask,
            values=unknown,
            classes=self.classes.classes,
        )


def _require_size_of_image(image_path: Path, image: Pixels, path: Path, band: Pixels) -> None:
    if band.shape[:2] != image.shape[:2]:
        raise BadDataset(
            "{folder}/{name} is {size} pixels, but {image} is {image_size}; what is stacked must fit. Resample it to "
            "the image.",
            folder=path.parent.name,
            name=path.name,
            size=size_text(band.shape),
            image=image_path.name,
            image_size=size_text(image.shape),
        )


def _vanished(path: Path) -> MissingData:
    """The error for a file that was there when the dataset was opened."""
    return MissingData(
        "{file} was there when the dataset was opened and is gone now. Bring it back (is the drive still "
        "connected?), then continue.",
        file=path,
    )


def open_folder(root: Path, split: str | None = None) -> ItemDataset[FolderItem]:
    """Open a split of a folder dataset; None is all but the test split.

    Raises:
        BadDataset: no such folder or split, no classes.json, images without masks or masks without images, or
            splits whose classes differ.
    """
    parts = parts_to_open(root, split)
    facts: dict[Path, ClassesFile] = {part.root: read_classes(part.root, root) for part in parts}
    first = facts[parts[0].root]
    for place, other in facts.items():
        if other.classes != first.classes:
            raise BadDataset(
                "{file} names the classes {classes}, but {other_file} names {other_classes}. All splits need the "
                "same list.",
                file=place / "classes.json",
                classes=other.classes,
                other_file=parts[0].root / "classes.json",
                other_classes=first.classes,
            )
    items: list[FolderItem] = []
    names: list[str] = []
    skipped: list[Path] = []
    for part in parts:
        found = part_items(part, first.stack)
        items += found.items.values()
        names += found.items
        skipped += found.skipped
    if not items:
        raise BadDataset(
            "{root} holds no image. Expected files in {images} and {masks}.",
            root=root,
            images=root / "images",
            masks=root / "masks",
        )
    place, split = root.resolve(), canonical(split) if split else None
    if split is None and split_meant(place.name) is not None:  # DIR/train, opened by itself
        place, split = place.parent, canonical(place.name)
    stated = {name: getattr(first, name) for name in ("classes", "in_channels", "licence", "shippable")}
    title = with_split(first.title or place.name, split)
    facts_of_all = stated | {"name": place.name, "title": title, "colours": first.colours_or_default()}
    return image_dataset(facts_of_all, items, ReadFolderItem(first), names=names, skipped=tuple(skipped))


def find(root: Path) -> Path | None:
    """The folder itself if it has classes.json and images/, or splits with images/."""
    if (root / "images").is_dir():
        places = [root]
    else:
        sources = split_sources(root)
        if len(sources) == 1 and split_meant(*sources) is None:
            return None  # an archive's own folder around a dataset, not a split
        places = list(sources.values())
    return root if any((place / "classes.json").is_file() for place in (*places, root) if places) else None


def resembles(root: Path) -> bool:
    """Whether a folder has images/ or train/images/, as this layout, even if something else is missing."""
    return (root / "images").is_dir() or any(split_meant(split) is not None for split in folder_splits(root))


CARD = DatasetCard(
    name="folder",
    title="Folder with classes.json",
    summary="images/, masks/ (value = class, 255 = ignore) and classes.json; with lists or subfolders for splits.",
    splits=("train", "val", "test"),
    layout=Layout("images/, masks/ and classes.json, here or in train/, val/ …", find, folder_splits, open_folder),
)
