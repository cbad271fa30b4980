"""The card of a dataset: its fixed facts, known before it is opened, and its layout of files.

A synthetic dataset has ``open``; a dataset in files has a ``Layout``.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from segcore.data.base import SegDataset
from segcore.types import Colour


@dataclass(frozen=True)
class Layout:
    """How a publisher or a tool arranges images and labels in folders.

    Attributes:
        looks_for: files that identify the layout, in words; shown when no layout matches.
        find: the folder itself, or the folder in it that the publisher's archive makes, if it has this layout, or None.
        splits: folder that ``find`` returned → the splits it has; () where it has none.
        open: folder that ``find`` returned, split (None: all but the test split) → dataset; raises BadDataset.
    """

    looks_for: str
    find: Callable[[Path], Path | None]
    splits: Callable[[Path], tuple[str, ...]]
    open: Callable[[Path, str | None], SegDataset]


@dataclass(frozen=True)
class DatasetCard:
    """The fixed facts of a named dataset or layout.

    Attributes:
        name: the key in DATASETS and on the command line.
        summary: one or two plain sentences.
        splits: names of its published splits; a folder may have fewer.
        open: of a synthetic dataset, ``open(options, split)``; options is the part of a spec after "name:".
        classes: names in the order of the ids, with one colour each; () where every folder has its own.
        licence: as the publisher states it, "" where every folder has its own.
        shippable: whether weights trained on it may be distributed; None where that is not stated.
        by_hand: how to get it by hand, in a sentence; "" where `data get` downloads it or no file is needed.
    """

    name: str
    title: str
    summary: str
    splits: tuple[str, ...]
    open: Callable[[str, str | None], SegDataset] | None = None
    layout: Layout | None = None
    classes: tuple[str, ...] = ()
    colours: tuple[Colour, ...] = ()
    licence: str = ""
    shippable: bool | None = None
    homepage: str = ""
    by_hand: str = ""
