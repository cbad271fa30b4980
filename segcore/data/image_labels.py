"""Pictures with one class each, as a dataset that a training can open: all pixels of a picture have its label.

    cifar10         CIFAR-10 where it was fetched, else the drawn stand-in; `PictureDataset.title` says which
    cifar10:2000    of it the first 2,000

This is no way to get masks for free: the label says what is in the picture, and nothing of where. A batch for a
classifier has one label a picture (``one_label`` of the loaders). So this dataset is not in DATASETS, from which
segmentation learns, and is opened by a function of its own.
"""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from segcore import paths
from segcore.data.base import Sample
from segcore.data.formats.cifar import DRAWN_CLASSES, DRAWN_COUNTS, TenClasses, draw_one, find, open_cifar10
from segcore.errors import BadDataset
from segcore.palette import default_colours
from segcore.types import Colour

NAME = "cifar10"


@dataclass(frozen=True, eq=False)
class PictureDataset:
    """A `SegDataset` of pictures whose label map has one value.

    Attributes:
        split: "train" or "test".
        count: how many pictures.
        read: the pictures of CIFAR-10; None for the stand-in, which is drawn picture by picture.
    """

    split: str
    count: int
    read: TenClasses | None = field(default=None, repr=False)

    @property
    def name(self) -> str:
        """Always "cifar10", or "cifar10-drawn" for the stand-in."""
        return NAME if self.read is not None else f"{NAME}-drawn"

    @property
    def title(self) -> str:
        """For people; says which of both it is."""
        if self.read is not None:
            return f"CIFAR-10 ({self.split})"
        return f"Ten drawn shapes ({self.split}), a synthetic stand-in for CIFAR-10"

    @property
    def classes(self) -> tuple[str, ...]:
        """Ten names."""
        return DRAWN_CLASSES if self.read is None else self.read.classes

    @property
    def colours(self) -> tuple[Colour, ...]:
        """The default palette."""
        return default_colours(self.classes)

    @property
    def in_channels(self) -> int:
        """RGB."""
        return 3

    @property
    def licence(self) -> str:
        """The publisher of CIFAR-10 states none."""
        return "CC0 1.0 (generated)" if self.read is None else ""

    @property
    def shippable(self) -> bool | None:
        """Nobody else has a right to what is drawn."""
        return True if self.read is None else None

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, index: int, /) -> Sample:
        if not 0 <= index < self.count:
            raise IndexError(f"{self.name} has {self.count} pictures, there is no number {index}")
        if self.read is None:
            picture, label = draw_one(self.split, index)
        else:
            picture, label = self.read.images[index].transpose(1, 2, 0), int(self.read.labels[index])
        labels = np.full(picture.shape[:2], label, np.uint8)
        return Sample(image=np.ascontiguousarray(picture), labels=labels, name=f"{self.split}-{index:05d}")


def is_pictures(spec: str) -> bool:
    """Whether a spec means pictures with one class each, which have no masks."""
    return spec.partition(":")[0] == NAME


def open_pictures(spec: str, split: str = "train", *, root: Path | None = None) -> PictureDataset:
    """Open a split.

    Args:
        spec: see the head of this file.
        split: "train" or "test".
        root: the folder of CIFAR-10; None is where ``python -m segcore data get cifar10`` puts it.

    Raises:
        BadDataset: the spec is not understood, or there is no such split.
        MissingData: a ``root`` was named and has no CIFAR-10.
    """
    name, colon, text = spec.partition(":")
    if name != NAME or (colon and not (text.isdecimal() and int(text) > 0)):
        raise BadDataset(
            '"{spec}" names no pictures; expected {name}, or {name}:2000 for the first 2,000 of it.',
            spec=spec,
            name=NAME,
        )
    if split not in DRAWN_COUNTS:
        raise BadDataset('CIFAR-10 has no split "{split}"; it has train and test.', split=split)
    wanted = int(text) if text else None
    if root is None and find(paths.data_dir() / NAME) is None:
        most = DRAWN_COUNTS[split]
        return PictureDataset(split, most if wanted is None else min(wanted, most))
    read = open_cifar10(split, root=root, count=wanted)
    return PictureDataset(split, len(read.labels), read)
