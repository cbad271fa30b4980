"""What is known of a dataset before it is opened, and what a publisher's layout of files is.

A dataset that is drawn has ``open``; one that lies in files has a ``Layout``, which finds itself in a folder.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from segcore.data.base import SegDataset
from segcore.types import Colour


@dataclass(frozen=True)
class Layout:
    """How a publisher, or a tool, arranges images and labels in folders.

    Attributes:
        looks_for: what tells the layout, in words; told to a person whose folder nobody recognises.
        find: the folder itself, or one below it that a publisher's archive makes, if it has this layout; else None.
        splits: names of the splits that are really there, of a folder that ``find`` returned; () where it has none.
        open: a folder that ``find`` returned and a split. None takes all labelled samples except a test split, which
            is for the very end.
    """

    looks_for: str
    find: Callable[[Path], Path | None]
    splits: Callable[[Path], tuple[str, ...]]
    open: Callable[[Path, str | None], SegDataset]


@dataclass(frozen=True)
class DatasetCard:
    """The fixed facts of a dataset, or of a kind of dataset, that is known by name.

    Attributes:
        name: the key in DATASETS and on the command line.
        title: for people.
        summary: one or two plain sentences.
        splits: names of its splits, as published; a folder may have fewer.
        open: for what is drawn: called as ``open(options, split)``, options being what follows the name and a colon.
        layout: for what lies in files.
        classes: names in the order of the ids; () where every folder says its own.
        colours: one per class.
        licence: as the publisher states it, "" where every folder has its own.
        shippable: may weights trained on it be given away? None where nobody said.
        homepage: of the publisher.
        by_hand: what a person does to get it, in a sentence; "" where a download or no file at all will do.
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
