"""A dataset as a list of items and a function that reads one: what all publishers' layouts become.

The function is a plain one or a frozen dataclass with ``__call__``, so that a dataset can be sent to loader processes.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from segcore.data.base import Sample
from segcore.data.images import decode, read_labels
from segcore.errors import BadDataset, BadImage, Message, MissingData, UnknownLabel
from segcore.types import Colour, LabelMap

NO_CLASS = 254
"""What a pixel value that is no class id becomes, before it is reported."""

Pixels = NDArray[np.uint8]
Item = TypeVar("Item")


class Pair(NamedTuple):
    """An image and the file of its labels."""

    image: Path
    mask: Path


@dataclass(frozen=True, eq=False)
class ListedDataset(Generic[Item]):
    """Items with names, and how to read one of them.

    Attributes:
        names: one per item, for people.
        items: what ``read`` is given.
        read: item → image (H, W, C) uint8 and labels (H, W) uint8.
    """

    name: str
    title: str
    classes: tuple[str, ...]
    colours: tuple[Colour, ...]
    licence: str
    shippable: bool | None
    names: tuple[str, ...] = field(repr=False)
    items: tuple[Item, ...] = field(repr=False)
    read: Callable[[Item], tuple[Pixels, LabelMap]] = field(repr=False)
    in_channels: int = 3

    def __len__(self) -> int:
        return len(self.items)

    def __getitem__(self, index: int, /) -> Sample:
        """Read one item.

        Raises:
            BadDataset: its files are gone, contradict each other, or hold values that are no class.
            BadImage: a file cannot be read.
        """
        image, labels = self.read(self.items[index])
        return Sample(image=image, labels=labels, name=self.names[index])


@dataclass(frozen=True)
class ReadPair:
    """Read an image and a label map whose values mean what ``table`` says.

    Attributes:
        table: (256,) uint8, value in the file → class id, IGNORE, or NO_CLASS for what should not be there.
    """

    table: NDArray[np.uint8]

    def __call__(self, pair: Pair) -> tuple[Pixels, LabelMap]:
        """Image (H, W, 3) and labels (H, W)."""
        image, values = read_both(pair, decode, read_labels)
        labels = self.table[values]
        refuse_strange(pair.mask, values, labels)
        return image, labels


def read_both(
    pair: Pair, read_picture: Callable[[Path], Pixels], read_mask: Callable[[Path], NDArray[Any]]
) -> tuple[Pixels, NDArray[Any]]:
    """Read image and mask; their sizes must be equal.

    Raises:
        MissingData: a file is not there.
        BadImage: a file cannot be read.
        BadDataset: the sizes differ.
    """
    try:
        image, mask = read_picture(pair.image), read_mask(pair.mask)
    except BadImage:
        for path in pair:
            if not path.exists():
                raise MissingData(
                    "{file} is named by the dataset but is not there. Copy or unpack the dataset again.", file=path
                ) from None
        raise
    if mask.shape[:2] != image.shape[:2]:
        raise BadDataset(
            "{image} is {width} × {height} pixels but its mask {mask} is {mask_width} × {mask_height}; they must be "
            "equal. Get the two files again from one source.",
            image=pair.image.name,
            width=image.shape[1],
            height=image.shape[0],
            mask=pair.mask.name,
            mask_width=mask.shape[1],
            mask_height=mask.shape[0],
        )
    return image, mask


def refuse_strange(path: Path, values: NDArray[np.generic], labels: LabelMap) -> None:
    """Say which values became NO_CLASS.

    Args:
        path: of the mask.
        values: (H, W) or (H, W, 3), as read.
        labels: (H, W), what they became.

    Raises:
        UnknownLabel: there are such values.
    """
    strange = values[labels == NO_CLASS]
    if not len(strange):
        return
    found = np.unique(strange, axis=0).tolist()
    shown = ", ".join(map(str, found[:8])) + (f" … ({len(found)} in all)" if len(found) > 8 else "")
    raise UnknownLabel(
        "{name} holds the value(s) {shown}, which mean nothing in this layout. It may have been resized or saved as "
        "JPEG, or belong to another dataset; get the original file.",
        name=path.name,
        shown=shown,
        file=path,
        values=found,
    )


def value_table(ids: dict[int, int]) -> NDArray[np.uint8]:
    """(256,) uint8 from a mapping value → class id or IGNORE; all other values are NO_CLASS."""
    table = np.full(256, NO_CLASS, np.uint8)
    for value, label in ids.items():
        table[value] = label
    return table


def listed_in(path: Path) -> list[str]:
    """The first word of every line of a split list that is not empty.

    Raises:
        BadDataset: the file is no text.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise BadDataset("{path} is no list of names: {error}. Get the file again.", path=path, error=error) from error
    return [line.split()[0] for line in lines if line.strip() and not line.startswith("#")]


def no_such_split(what: str, split: str, known: Sequence[str]) -> BadDataset:
    """The error for a split that is not there."""
    return BadDataset(
        '{title} has no split "{split}"; it has {known}. Choose of these.',
        title=what,
        split=split,
        known=known or Message("none"),
    )


def wanted_splits(root: Path, split: str | None, there: Collection[str]) -> list[str]:
    """The splits to open: the one that is asked for; without a wish all but the test split, or all there are.

    Args:
        root: of the dataset, for the sentence.
        split: asked for, or None.
        there: those that are there; "" is a dataset that is not divided.

    Raises:
        BadDataset: there is no such split.
    """
    if split is not None and split not in there:
        raise no_such_split(str(root), split, [name for name in there if name])
    return [split] if split else [name for name in there if name != "test"] or list(there)


def visible(folder: Path, *suffixes: str) -> list[Path]:
    """Files with one of these endings, sorted by name; hidden ones (macOS leaves ``._NAME`` behind) are left out."""
    if not folder.is_dir():
        return []
    return sorted(
        path for path in folder.iterdir() if path.suffix.lower() in suffixes and not path.name.startswith(".")
    )


def some(names: Sequence[str], limit: int = 5) -> str:
    """The first names, and how many there are."""
    shown = ", ".join(names[:limit])
    return shown if len(names) <= limit else f"{shown} … ({len(names)} in all)"
