"""What a dataset is: a sequence of samples with eight facts. See `segcore.data.views` for what can be done with one."""

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from segcore.errors import Message
from segcore.types import Colour, LabelMap

MAX_CLASSES = 254
"""Class ids are bytes: 255 is IGNORE, and 254 marks values that are no class while a mask is read."""


@dataclass(frozen=True, eq=False)
class Sample:
    """One image (H, W, C) uint8, RGB where C is 3, with its labels (H, W) uint8, ids 0 … K-1 or IGNORE.

    ``name`` identifies the sample within its dataset, for people: usually the file's stem.
    """

    image: NDArray[np.uint8]
    labels: LabelMap
    name: str


@dataclass(frozen=True, eq=False, kw_only=True)
class SegDataset(ABC):
    """What every dataset has: its facts, a length, and samples by index.

    Attributes:
        name: short, for file names and tables.
        title: for people.
        classes: K names in the order of the ids.
        colours: one per class.
        in_channels: C of every image.
        licence: as stated by the dataset, "" where it states none.
        shippable: whether weights trained on it may be distributed; None where the dataset does not state it.
        notes: what its reader left out or interpreted, for people.
    """

    name: str
    title: str
    classes: tuple[str, ...]
    colours: tuple[Colour, ...]
    in_channels: int = 3
    licence: str = ""
    shippable: bool | None = None
    notes: tuple[Message, ...] = ()

    @abstractmethod
    def __len__(self) -> int: ...

    @abstractmethod
    def __getitem__(self, index: int, /) -> Sample: ...
