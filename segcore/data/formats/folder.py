"""A folder of images and masks as a dataset.

    DIR/classes.json                {"classes": ["background", "cat"], "ignore_index": 255}
    DIR/images/NAME.jpg             photos: jpg, png, tif, bmp, webp, gif
    DIR/masks/NAME.png              8-bit label maps of the same size; the value is the class id
    DIR/train.txt, val.txt …        optional: the names of a split, one a line

or one such folder a split, ``DIR/train/images``, ``DIR/val/images`` …, with ``classes.json`` in DIR or in each
of them. Image and mask belong together by name without extension.

``classes.json`` may also hold ``colors`` (or ``colours``; one [r, g, b] per class), ``licence``, ``title``,
``in_channels`` (3 where it is missing) and ``shippable`` (may weights trained on this be given away?).

More than three channels (depth, near infrared) come from files with so many bands, TIFF or RGBA PNG, or from files of
one band that are laid behind the photo's colours: ``"stack": ["depth"]`` with ``"in_channels": 4`` takes
``DIR/depth/NAME.png`` as the fourth. Bands of 16 bits are divided by 257 (or 16 where no value needs more than twelve
bits), image by image.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from segcore.data.base import Sample
from segcore.data.classes_file import ClassesFile, read_classes
from segcore.data.dataset_cards import DatasetCard, Layout
from segcore.data.formats.listed import NO_CLASS, some
from segcore.data.images import decode, read_labels
from segcore.errors import BadDataset, BadImage, Message, MissingData, UnknownLabel, joined
from segcore.types import Colour

IMAGE_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".tif", ".tiff", ".bmp", ".webp", ".gif"})
_SPLIT_NAMES = ("train", "training", "val", "valid", "validation", "test", "testing", "trainval")
"""Text files of these names list a split."""


@dataclass(frozen=True)
class Part:
    """One ``images/`` + ``masks/`` folder and the names wanted from it (None: all)."""

    root: Path
    names: tuple[str, ...] | None = None


@dataclass(frozen=True, eq=False)
class FolderDataset:
    """Pairs of files in a folder; see the head of this file. Made by ``open_folder``.

    Attributes:
        pairs: (image, mask) of every sample.
        values: (256,) uint8, value in a mask → class id, IGNORE or NO_CLASS.
        stacked: for every sample the files that are laid behind the image; () where there are none at all.
    """

    name: str
    title: str
    classes: tuple[str, ...]
    colours: tuple[Colour, ...]
    in_channels: int
    licence: str
    shippable: bool | None
    pairs: tuple[tuple[Path, Path], ...] = field(repr=False)
    values: NDArray[np.uint8] = field(repr=False)
    stacked: tuple[tuple[Path, ...], ...] = field(default=(), repr=False)

    @property
    def names(self) -> tuple[str, ...]:
        """Of all samples, in their order."""
        return tuple(image.stem for image, _ in self.pairs)

    def __len__(self) -> int:
        return len(self.pairs)

    def __getitem__(self, index: int, /) -> Sample:
        """Read one pair.

        Raises:
            MissingData: a file is no longer there.
            BadImage: a file cannot be read.
            BadDataset: the sizes differ.
            UnknownLabel: the mask holds a value that is no class.
        """
        image_path, mask_path = self.pairs[index]
        behind = self.stacked[index] if self.stacked else ()
        try:
            image = decode(image_path, channels=self.in_channels - len(behind))
            bands = [decode(path, channels=1) for path in behind]
            raw = read_labels(mask_path)
        except BadImage:
            for path in (image_path, mask_path, *behind):
                if not os.path.exists(path):  # noqa: PTH110 - Path.exists raises where a drive has gone
                    raise _vanished(path) from None
            raise
        for path, band in zip(behind, bands, strict=True):
            if band.shape[:2] != image.shape[:2]:
                raise BadDataset(
                    "{folder}/{name} is {width} × {height} pixels, but {image} is {image_width} × {image_height}; "
                    "what is stacked must fit. Resample it to the image.",
                    folder=path.parent.name,
                    name=path.name,
                    width=band.shape[1],
                    height=band.shape[0],
                    image=image_path.name,
                    image_width=image.shape[1],
                    image_height=image.shape[0],
                )
        if bands:
            image = np.concatenate([image, *bands], axis=2)
        if raw.shape != image.shape[:2]:
            raise BadDataset(
                "{image} is {image_width} × {image_height} pixels but its mask {mask} is {mask_width} × "
                "{mask_height}; they must be equal. Draw or export the mask again at the image's size.",
                image=image_path.name,
                image_width=image.shape[1],
                image_height=image.shape[0],
                mask=mask_path.name,
                mask_width=raw.shape[1],
                mask_height=raw.shape[0],
            )
        labels = self.values[raw]
        if (labels == NO_CLASS).any():
            strange = np.unique(raw[labels == NO_CLASS]).tolist()
            known = [f"{value} {name}" for value, name in enumerate(self.classes)]
            raise UnknownLabel(
                "{mask} holds the value(s) {shown}, but classes.json names {count} classes: {known}. `python -m "
                "segcore data check {folder}` lists all such masks and what to do.",
                mask=mask_path.name,
                shown=some(list(map(str, strange)), 8),
                count=len(known),
                known=some(known, 8),
                folder=mask_path.parent.parent,
                file=mask_path,
                values=strange,
                classes=list(self.classes),
            )
        return Sample(image=image, labels=labels, name=image_path.stem)


def _vanished(path: Path) -> MissingData:
    """A file that was there when the dataset was opened."""
    return MissingData(
        "{file} was there when the dataset was opened and is gone now. Bring it back (is the drive still "
        "connected?), then go on.",
        file=path,
    )


def open_folder(root: Path, split: str | None = None) -> FolderDataset:
    """Open a folder dataset.

    Args:
        root: the folder.
        split: a split by name; None takes everything.

    Raises:
        BadDataset: no such folder or split, no classes.json, images without masks or masks without images, or
            splits whose classes differ.
    """
    parts = find_parts(root, split)
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
    pairs = tuple(pair for part in parts for pair in _pairs(part))
    stacked = tuple(files for part in parts for files in _stacked(part, first.stack)) if first.stack else ()
    if not pairs:
        raise BadDataset(
            "{root} holds no image. Expected files in {images} and {masks}.",
            root=root,
            images=root / "images",
            masks=root / "masks",
        )
    place = root.resolve()
    if split is None and place.name in _SPLIT_NAMES:  # DIR/train, opened by itself
        place, split = place.parent, place.name
    return FolderDataset(
        name=place.name,
        title=(first.title or place.name) + (f" ({split})" if split else ""),
        classes=first.classes,
        colours=first.colours_or_default(),
        in_channels=first.in_channels,
        licence=first.licence,
        shippable=first.shippable,
        pairs=pairs,
        values=first.value_table(),
        stacked=stacked,
    )


def find(root: Path) -> Path | None:
    """The folder itself where it has images/ (or splits that have) and a classes.json."""
    splits = folder_splits(root)
    if not (root / "images").is_dir() and len(splits) == 1 and splits[0] not in _SPLIT_NAMES:
        return None  # an archive's own folder around a dataset, not a split
    places = [root] if (root / "images").is_dir() else [root / split for split in splits]
    return root if any((place / "classes.json").is_file() for place in (*places, root) if places) else None


def looks_meant(root: Path) -> bool:
    """Whether somebody seems to have tried this layout: images/ or train/images/ is there, whatever is missing."""
    return (root / "images").is_dir() or any(split in _SPLIT_NAMES for split in folder_splits(root))


def folder_splits(root: Path) -> tuple[str, ...]:
    """The splits a folder names, by subfolders or by text files; () where it has none."""
    if (root / "images").is_dir():
        return tuple(sorted(path.stem for path in root.glob("*.txt") if path.stem in _SPLIT_NAMES))
    return tuple(sorted(path.name for path in root.glob("*/") if (path / "images").is_dir()))


def find_parts(root: Path, split: str | None) -> list[Part]:
    """Which ``images/`` folders make up the dataset or its split.

    Raises:
        MissingData: there is no such folder.
        BadDataset: the folder is no dataset, or has no such split.
    """
    if not root.is_dir():
        raise MissingData(
            "{file} is not a folder. Give the folder that holds images/, masks/ and classes.json.", file=root
        )
    known = folder_splits(root)
    flat = (root / "images").is_dir()
    if not flat and not known:
        raise BadDataset(
            "{root} is no dataset: it has no folder images/. Expected images/, masks/ and classes.json, or "
            "subfolders such as train/ and val/ that have them.",
            root=root,
        )
    if split is None:
        return [Part(root)] if flat else [Part(root / name) for name in known]
    if flat and (root / f"{split}.txt").is_file():
        lines = (root / f"{split}.txt").read_text(encoding="utf-8").splitlines()
        return [Part(root, tuple(_listed_name(line) for line in lines if line.strip()))]
    if not flat and split in known:
        return [Part(root / split)]
    raise BadDataset(
        '{root} has no split "{split}"; it has {known}. Choose one of these, or write the names of its images into '
        "{file}.",
        root=root,
        split=split,
        known=known or Message("none"),
        file=root / f"{split}.txt",
    )


def files_by_stem(folder: Path) -> dict[str, list[Path]]:
    """Image files of a folder by their name without extension, sorted; {} where there is no folder."""
    found: dict[str, list[Path]] = {}
    if folder.is_dir():
        for path in sorted(folder.iterdir()):
            if path.suffix.lower() in IMAGE_SUFFIXES and not path.name.startswith("."):
                found.setdefault(path.stem, []).append(path)
    return found


def _pairs(part: Part) -> list[tuple[Path, Path]]:
    images, masks = files_by_stem(part.root / "images"), files_by_stem(part.root / "masks")
    for kind, files in (("images", images), ("masks", masks)):
        for same in files.values():
            if len(same) > 1:
                names = " and ".join(path.name for path in same)
                raise BadDataset(
                    "{folder} holds {names}, which have the same name. Keep one of them.",
                    folder=part.root / kind,
                    names=names,
                )
    stems = sorted(images) if part.names is None else list(part.names)
    absent = [stem for stem in stems if stem not in images]
    if absent:
        raise BadDataset(
            "The split of {folder} lists images that are not in images/: {names}.",
            folder=part.root,
            names=some(absent),
        )
    maskless = [stem for stem in stems if stem not in masks]
    imageless = [stem for stem in masks if stem not in images]
    if maskless or imageless:
        missing = [Message("images without a mask: {names}", names=some(maskless))] if maskless else []
        missing += [Message("masks without an image: {names}", names=some(imageless))] if imageless else []
        raise BadDataset(
            "In {folder} there are {problems}. A mask has its image's name. Add what is missing or move the rest "
            "elsewhere.",
            folder=part.root,
            problems=joined(missing, "; "),
        )
    return [(images[stem][0], masks[stem][0]) for stem in stems]


def _stacked(part: Part, stack: Sequence[str]) -> list[tuple[Path, ...]]:
    """For every image of a folder the files that are laid behind it."""
    known = [files_by_stem(part.root / name) for name in stack]
    stems = sorted(files_by_stem(part.root / "images")) if part.names is None else part.names
    for name, files in zip(stack, known, strict=True):
        lost = [stem for stem in stems if stem not in files]
        if lost:
            raise BadDataset(
                "classes.json stacks {name}/ behind the images, but {folder} has nothing for {names}. Add these "
                "files, or take {name} out of stack.",
                name=name,
                folder=part.root / name,
                names=some(lost),
            )
    return [tuple(files[stem][0] for files in known) for stem in stems]


def _listed_name(line: str) -> str:
    """A line of train.txt: a name, with or without folder and extension."""
    entry = Path(line.strip())
    return entry.stem if entry.suffix.lower() in IMAGE_SUFFIXES else entry.name


CARD = DatasetCard(
    name="folder",
    title="Folder with classes.json",
    summary="images/, masks/ (value = class, 255 = ignore) and classes.json; with lists or subfolders for splits.",
    splits=("train", "val", "test"),
    layout=Layout("images/, masks/ and classes.json, here or in train/, val/ …", find, folder_splits, open_folder),
)
