"""A folder of images and masks as a dataset.

    DIR/classes.json                {"classes": ["background", "cat"], "ignore_index": 255}
    DIR/images/NAME.jpg             photos: jpg, png, tif, bmp, webp, gif
    DIR/masks/NAME.png              8-bit label maps of the same size; the value is the class id
    DIR/train.txt, val.txt …        optional: the names of a split, one a line

or one such folder a split, ``DIR/train/images``, ``DIR/val/images`` …, with ``classes.json`` in DIR or in each
of them. Image and mask belong together by name without extension.

``classes.json`` may also hold ``colors`` (or ``colours``; one [r, g, b] per class), ``licence``, ``title``,
``in_channels`` (3 where it is missing) and ``shippable`` (may weights trained on this be given away?).
"""

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import AliasChoices, BaseModel, ConfigDict, Field, ValidationError, field_validator

from segcore.data.images import decode, read_labels
from segcore.data.samples import MAX_CLASSES, Sample
from segcore.errors import BadDataset, BadImage, MissingData, UnknownLabel
from segcore.palette import default_colours
from segcore.types import IGNORE, Colour

IMAGE_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".tif", ".tiff", ".bmp", ".webp", ".gif"})
_SPLIT_NAMES = ("train", "training", "val", "valid", "validation", "test", "testing", "trainval")
"""Text files of these names list a split."""

NO_CLASS = 254
"""What a pixel value that is no class id becomes, before it is reported."""


class ClassesFile(BaseModel):
    """The contents of ``classes.json``; keys that are not listed here are left alone."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    classes: tuple[str, ...] = Field(min_length=1, max_length=MAX_CLASSES)
    ignore_index: int | None = Field(default=IGNORE, ge=0, le=255)
    colours: tuple[Colour, ...] | None = Field(default=None, validation_alias=AliasChoices("colours", "colors"))
    licence: str = Field(default="", validation_alias=AliasChoices("licence", "license"))
    shippable: bool | None = None
    title: str | None = None
    in_channels: int = Field(default=3, ge=1, le=64)

    @field_validator("classes")
    @classmethod
    def _distinct(cls, classes: tuple[str, ...]) -> tuple[str, ...]:
        twice = sorted({name for name in classes if classes.count(name) > 1})
        if twice:
            raise ValueError(f"the names must differ, but these stand twice: {', '.join(twice)}")
        if not all(name.strip() for name in classes):
            raise ValueError("a class name is empty")
        return classes

    @field_validator("colours")
    @classmethod
    def _bytes(cls, colours: tuple[Colour, ...] | None) -> tuple[Colour, ...] | None:
        if colours is not None and not all(0 <= value <= 255 for colour in colours for value in colour):
            raise ValueError("colours are three numbers from 0 to 255")
        return colours

    def colours_or_default(self) -> tuple[Colour, ...]:
        """One colour per class; the palette's own where the file has none, or not one for each class."""
        if self.colours is None or len(self.colours) != len(self.classes):
            return default_colours(self.classes)
        return self.colours

    def value_table(self) -> NDArray[np.uint8]:
        """(256,) uint8: pixel value in a mask → class id, IGNORE, or NO_CLASS."""
        table = np.full(256, NO_CLASS, np.uint8)
        table[: len(self.classes)] = np.arange(len(self.classes))
        table[IGNORE] = IGNORE
        if self.ignore_index is not None:
            table[self.ignore_index] = IGNORE
        return table


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
        try:
            image = decode(image_path, channels=self.in_channels)
            raw = read_labels(mask_path)
        except BadImage:
            for path in (image_path, mask_path):
                if not os.path.exists(path):  # noqa: PTH110 - Path.exists raises where a drive has gone
                    raise _vanished(path) from None
            raise
        if raw.shape != image.shape[:2]:
            raise BadDataset(
                f"{image_path.name} is {image.shape[1]} × {image.shape[0]} pixels but its mask {mask_path.name} is "
                f"{raw.shape[1]} × {raw.shape[0]}; they must be equal. "
                "Draw or export the mask again at the image's size."
            )
        labels = self.values[raw]
        if (labels == NO_CLASS).any():
            strange = np.unique(raw[labels == NO_CLASS]).tolist()
            known = [f"{value} {name}" for value, name in enumerate(self.classes)]
            raise UnknownLabel(
                f"{mask_path.name} holds the value(s) {_some(list(map(str, strange)), 8)}, but classes.json names "
                f"{len(known)} classes: {_some(known, 8)}. "
                f"`python -m segcore data check {mask_path.parent.parent}` lists all such masks and what to do.",
                file=str(mask_path),
                values=strange,
                classes=list(self.classes),
            )
        return Sample(image=image, labels=labels, name=image_path.stem)


def _vanished(path: Path) -> MissingData:
    """A file that was there when the dataset was opened."""
    return MissingData(
        f"{path} was there when the dataset was opened and is gone now. Bring it back (is the drive still connected?), "
        "then go on.",
        file=str(path),
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
    facts = {part.root: read_classes(part.root, root) for part in parts}
    first = facts[parts[0].root]
    for place, other in facts.items():
        if other.classes != first.classes:
            raise BadDataset(
                f"{place / 'classes.json'} names the classes {', '.join(other.classes)}, but "
                f"{parts[0].root / 'classes.json'} names {', '.join(first.classes)}. All splits need the same list."
            )
    pairs = tuple(pair for part in parts for pair in _pairs(part))
    if not pairs:
        raise BadDataset(f"{root} holds no image. Expected files in {root / 'images'} and {root / 'masks'}.")
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
    )


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
            f"{root} is not a folder. Give the folder that holds images/, masks/ and classes.json.", file=str(root)
        )
    known = folder_splits(root)
    flat = (root / "images").is_dir()
    if not flat and not known:
        raise BadDataset(
            f"{root} is no dataset: it has no folder images/. Expected images/, masks/ and classes.json, or subfolders "
            "such as train/ and val/ that have them."
        )
    if split is None:
        return [Part(root)] if flat else [Part(root / name) for name in known]
    if flat and (root / f"{split}.txt").is_file():
        lines = (root / f"{split}.txt").read_text(encoding="utf-8").splitlines()
        return [Part(root, tuple(_listed_name(line) for line in lines if line.strip()))]
    if not flat and split in known:
        return [Part(root / split)]
    raise BadDataset(
        f'{root} has no split "{split}"; it has {", ".join(known) if known else "none"}. '
        f"Choose one of these, or write the names of its images into {root / f'{split}.txt'}."
    )


def read_classes(place: Path, root: Path) -> ClassesFile:
    """Read ``classes.json`` of a split folder, or else of the dataset.

    Raises:
        BadDataset: missing, no JSON, or with wrong contents.
    """
    path = next((folder / "classes.json" for folder in (place, root) if (folder / "classes.json").is_file()), None)
    if path is None:
        raise BadDataset(
            f"{place} has no classes.json, so the values of its masks have no names. Write one, for example: "
            '{"classes": ["background", "cat"], "ignore_index": 255}'
        )
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise BadDataset(f"{path} is no valid JSON: {error}. Correct the file.") from error
    try:
        return ClassesFile.model_validate(content)
    except ValidationError as error:
        problems = "; ".join(
            f"{'.'.join(map(str, problem['loc'])) or 'the file'}: {problem['msg']}" for problem in error.errors()
        )
        raise BadDataset(f"{path} does not describe classes: {problems}. Correct the file.") from error


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
                raise BadDataset(f"{part.root / kind} holds {names}, which have the same name. Keep one of them.")
    stems = sorted(images) if part.names is None else list(part.names)
    absent = [stem for stem in stems if stem not in images]
    if absent:
        raise BadDataset(f"The split of {part.root} lists images that are not in images/: {_some(absent)}.")
    maskless = [stem for stem in stems if stem not in masks]
    imageless = [stem for stem in masks if stem not in images]
    if maskless or imageless:
        missing = [f"images without a mask: {_some(maskless)}"] if maskless else []
        missing += [f"masks without an image: {_some(imageless)}"] if imageless else []
        raise BadDataset(
            f"In {part.root} there are {'; '.join(missing)}. A mask has its image's name. "
            "Add what is missing or move the rest elsewhere."
        )
    return [(images[stem][0], masks[stem][0]) for stem in stems]


def _listed_name(line: str) -> str:
    """A line of train.txt: a name, with or without folder and extension."""
    entry = Path(line.strip())
    return entry.stem if entry.suffix.lower() in IMAGE_SUFFIXES else entry.name


def _some(names: Sequence[str], limit: int = 5) -> str:
    """The first names, and how many there are."""
    shown = ", ".join(names[:limit])
    return shown if len(names) <= limit else f"{shown} … ({len(names)} in all)"
