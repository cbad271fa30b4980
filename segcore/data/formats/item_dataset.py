"""A dataset as a list of items and a function that reads one; every layout opens as one of these.

The function is a plain one, a partial or a frozen dataclass with ``__call__``, so that a dataset can be pickled for
loader processes.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from segcore.data.base import Sample, SegDataset
from segcore.data.dataset_cards import DatasetCard
from segcore.data.formats.mask_values import refuse_unknown_values
from segcore.data.image_files import orientation_to_apply, size_text
from segcore.data.images import decode, read_labels
from segcore.errors import BadDataset, BadImage, Message, MissingData
from segcore.palette import default_colours
from segcore.types import LabelMap, Pixels

Item = TypeVar("Item")
Read = Callable[[Item], tuple[Pixels, LabelMap]]
"""Reads an item: image (H, W, C) and labels (H, W)."""


class HasImage(Protocol):
    """An item with an image file, whose stem names the sample."""

    @property
    def image(self) -> Path:
        """The image file."""


ImageItem = TypeVar("ImageItem", bound=HasImage)


class Pair(NamedTuple):
    """An image and the file of its labels."""

    image: Path
    mask: Path


@dataclass(frozen=True, eq=False)
class ItemDataset(SegDataset, Generic[Item]):
    """Items with names for people; ``read`` raises MissingData, UnknownLabel, BadDataset or BadImage.

    ``skipped`` are files in its folders that are no images.
    """

    names: tuple[str, ...] = field(repr=False)
    items: tuple[Item, ...] = field(repr=False)
    read: Read[Item] = field(repr=False)
    skipped: tuple[Path, ...] = field(default=(), repr=False)

    def __len__(self) -> int:
        return len(self.items)

    def __getitem__(self, index: int, /) -> Sample:
        image, labels = self.read(self.items[index])
        return Sample(image=image, labels=labels, name=self.names[index])


def image_dataset(
    facts: Mapping[str, Any],
    items: Sequence[ImageItem],
    read: Read[ImageItem],
    *,
    names: Sequence[str] | None = None,
    notes: tuple[Message, ...] = (),
    skipped: tuple[Path, ...] = (),
) -> ItemDataset[ImageItem]:
    """A dataset of items named after their image files, or by ``names``; the rest as in `ItemDataset`."""
    known = tuple(item.image.stem for item in items) if names is None else tuple(names)
    return ItemDataset(**facts, names=known, items=tuple(items), read=read, notes=notes, skipped=skipped)


def numbered_dataset(facts: Mapping[str, Any], split: str, count: int, read: Read[int]) -> ItemDataset[int]:
    """A dataset of ``count`` samples without files, which ``read`` gets by number, 0 … count-1."""
    names = tuple(f"{split}-{index:05d}" for index in range(count))
    return ItemDataset(**facts, names=names, items=tuple(range(count)), read=read)


def published_facts(card: DatasetCard, split: str | None) -> dict[str, Any]:
    """The facts of a split of a publisher's dataset."""
    same = {name: getattr(card, name) for name in ("name", "classes", "colours", "licence", "shippable")}
    return same | {"title": with_split(card.title, split)}


def folder_facts(root: Path, split: str | None, classes: tuple[str, ...]) -> dict[str, Any]:
    """The facts of a split of a user's own folder, which is named after the folder and states no licence."""
    name = root.resolve().name
    return {"name": name, "title": with_split(name, split), "classes": classes, "colours": default_colours(classes)}


def with_split(title: str, split: str | None) -> str:
    """The title of a split; None is the whole dataset."""
    return f"{title} ({split})" if split else title


@dataclass(frozen=True)
class ReadPair:
    """Read an image and a label map.

    ``table`` is (256,) uint8: value in the file → class id, IGNORE, or NO_CLASS for unexpected values.
    """

    table: NDArray[np.uint8]
    read_mask: Callable[[Path], LabelMap] = read_labels

    def __call__(self, pair: Pair) -> tuple[Pixels, LabelMap]:
        """Image (H, W, 3) and labels (H, W)."""
        image, values = read_pair(*pair, self.read_mask)
        labels = self.table[values]
        refuse_unknown_values(pair.mask, values, labels)
        return image, labels


def read_pair(
    image_path: Path, mask_path: Path, read_mask: Callable[[Path], NDArray[Any]] = read_labels
) -> tuple[Pixels, NDArray[Any]]:
    """Read an image (H, W, 3) and its mask; their sizes must be equal.

    Raises:
        MissingData: a file is not there.
        BadImage: a file cannot be read.
        BadDataset: the sizes differ.
    """
    try:
        image, mask = decode(image_path), read_mask(mask_path)
    except BadImage:
        for path in (image_path, mask_path):
            if not path.exists():
                raise MissingData(
                    "{file} is named by the dataset but is not there. Copy or unpack the dataset again.", file=path
                ) from None
        raise
    if mask.shape[:2] != image.shape[:2]:
        refuse_mask_as_stored(image_path, image.shape, mask_path, mask.shape)
        raise BadDataset(
            "{image} is {size} pixels but its mask {mask} is {mask_size}; they must be equal. Get the two files again "
            "from one source.",
            image=image_path.name,
            size=size_text(image.shape),
            mask=mask_path.name,
            mask_size=size_text(mask.shape),
        )
    return image, mask


def refuse_mask_as_stored(image: Path, size: tuple[int, ...], mask: Path, mask_size: tuple[int, ...]) -> None:
    """Raise BadDataset where a mask has the size (H, W) of a photo's stored pixels, which its EXIF mark rotates."""
    orientation = orientation_to_apply(image, size, mask_size)
    if orientation != 1:
        raise BadDataset(
            "{image} is stored on its side, and its mark (EXIF orientation {orientation}) rotates it to {size} pixels; "
            "its mask {mask} is {mask_size}, as the photo is stored. Rotate the mask with the photo, or save the photo "
            "upright without the mark. In a folder with images/ and masks/ `python -m segcore data repair` does it.",
            image=image.name,
            orientation=orientation,
            size=size_text(size),
            mask=mask.name,
            mask_size=size_text(mask_size),
            kind="exif_rotated",
        )
