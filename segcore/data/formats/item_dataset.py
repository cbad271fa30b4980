"""A dataset as a list of items and a function that reads one; every layout opens as one of these.

The function is a plain one or a frozen dataclass with ``__call__``, so that a dataset can be pickled for loader
processes.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from segcore.data.base import DatasetFacts, Sample
from segcore.data.dataset_cards import DatasetCard
from segcore.data.formats.mask_values import refuse_unknown_values
from segcore.data.images import decode, read_labels
from segcore.errors import BadDataset, BadImage, MissingData
from segcore.palette import default_colours
from segcore.types import LabelMap, Pixels

Item = TypeVar("Item")


class Pair(NamedTuple):
    """An image and the file of its labels."""

    image: Path
    mask: Path


@dataclass(frozen=True, eq=False)
class ItemDataset(DatasetFacts, Generic[Item]):
    """Items with names for people, and a function that reads one: image (H, W, C) uint8 and labels (H, W) uint8.

    It raises MissingData, UnknownLabel, BadDataset or BadImage.
    """

    names: tuple[str, ...] = field(repr=False)
    items: tuple[Item, ...] = field(repr=False)
    read: Callable[[Item], tuple[Pixels, LabelMap]] = field(repr=False)

    def __len__(self) -> int:
        return len(self.items)

    def __getitem__(self, index: int, /) -> Sample:
        image, labels = self.read(self.items[index])
        return Sample(image=image, labels=labels, name=self.names[index])


def published_facts(card: DatasetCard, split: str | None) -> dict[str, Any]:
    """The facts of a split of a publisher's dataset."""
    return {
        "name": card.name,
        "title": _with_split(card.title, split),
        "classes": card.classes,
        "colours": card.colours,
        "licence": card.licence,
        "shippable": card.shippable,
    }


def folder_facts(root: Path, split: str | None, classes: tuple[str, ...]) -> dict[str, Any]:
    """The facts of a split of a user's own folder, which is named after the folder and states no licence."""
    name = root.resolve().name
    return {"name": name, "title": _with_split(name, split), "classes": classes, "colours": default_colours(classes)}


def _with_split(title: str, split: str | None) -> str:
    return f"{title} ({split})" if split else title


@dataclass(frozen=True)
class ReadPair:
    """Read an image and a label map.

    ``table`` is (256,) uint8: value in the file → class id, IGNORE, or NO_CLASS for unexpected values.
    """

    table: NDArray[np.uint8]

    def __call__(self, pair: Pair) -> tuple[Pixels, LabelMap]:
        """Image (H, W, 3) and labels (H, W)."""
        image, values = read_pair(pair, decode, read_labels)
        labels = self.table[values]
        refuse_unknown_values(pair.mask, values, labels)
        return image, labels


def read_pair(
    pair: Pair, read_image: Callable[[Path], Pixels], read_mask: Callable[[Path], NDArray[Any]]
) -> tuple[Pixels, NDArray[Any]]:
    """Read image and mask; their sizes must be equal.

    Raises:
        MissingData: a file is not there.
        BadImage: a file cannot be read.
        BadDataset: the sizes differ.
    """
    try:
        image, mask = read_image(pair.image), read_mask(pair.mask)
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
