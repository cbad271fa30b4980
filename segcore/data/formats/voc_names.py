"""The class names of a folder in Pascal VOC's layout that is not Pascal VOC: lists that labelme, CVAT and others write.

class_names.txt  labels.txt     one name a line, in the order of the values; labelme writes __ignore__ for -1 (255)
                                and _background_ for 0
labelmap.txt                    CVAT: "name:r,g,b:parts:actions" a line; masks may hold these colours
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segcore.data.base import MAX_CLASSES
from segcore.data.formats.item_dataset import Pair, ReadPair, read_pair
from segcore.data.formats.mask_values import NO_CLASS, refuse_unknown_values, value_table
from segcore.data.formats.name_lists import read_lines
from segcore.data.images import NotLabels, decode, read_labels
from segcore.errors import BadDataset, BadImage, Message
from segcore.palette import default_colours
from segcore.types import IGNORE, Colour, LabelMap, Pixels

_FILES = ("labelmap.txt", "label_map.txt", "class_names.txt", "classes.txt", "labels.txt", "names.txt")
_COLOURED = re.compile(r"^([^:]+):\s*(\d+)\s*,\s*(\d+)\s*,\s*(\d+)\s*(?::.*)?$")
_IGNORED = ("__ignore__", "ignore", "_ignore_", "void", "unlabeled", "unlabelled")
_MOST_READ = 300
"""Masks that are read to number the classes where nothing names them, evenly spaced."""


@dataclass(frozen=True)
class VocNames:
    """Class names in the order of the ids, a colour each, the reader of pairs, and what had to be assumed."""

    classes: tuple[str, ...]
    colours: tuple[Colour, ...]
    read: Callable[[Pair], tuple[Pixels, LabelMap]]
    notes: tuple[Message, ...] = ()


def names_file(root: Path) -> Path | None:
    """The list of class names of a folder, or None."""
    return next((root / name for name in _FILES if (root / name).is_file()), None)


def read_names(path: Path) -> VocNames:
    """The classes of a list of names.

    Raises:
        BadDataset: the file is no text, or has no name or too many.
    """
    lines = [line for line in read_lines(path) if not line.startswith("#")]
    coloured = [match for line in lines if (match := _COLOURED.fullmatch(line))]
    if len(coloured) == len(lines) and coloured:
        return _by_colour(path, coloured)
    names = [_plain(line) for line in lines if line.lower() != _IGNORED[0]]
    _require_names(path, names)
    classes = tuple(names)
    ids = {value: value for value in range(len(classes))} | {IGNORE: IGNORE}
    return VocNames(classes, default_colours(classes), ReadPair(value_table(ids)))


def _by_colour(path: Path, found: list[re.Match[str]]) -> VocNames:
    rows = [(_plain(match[1].strip()), (int(match[2]), int(match[3]), int(match[4]))) for match in found]
    names = [name for name, _ in rows if name.lower() not in _IGNORED]
    _require_names(path, names)
    colours = tuple(colour for name, colour in rows if name in names)
    ids = {colour: names.index(name) if name in names else IGNORE for name, colour in rows}
    order = tuple(ids[colour] for _, colour in rows)
    return VocNames(tuple(names), colours, ReadColours(tuple(ids.items()), order))


def _plain(name: str) -> str:
    return "background" if name == "_background_" else name


def _require_names(path: Path, names: list[str]) -> None:
    if not names or len(names) > MAX_CLASSES or len(set(names)) < len(names):
        raise BadDataset(
            "{path} has {count} class names; expected 1 to {most}, one a line, none of them twice. Correct the file.",
            path=path,
            count=len(names),
            most=MAX_CLASSES,
        )


@dataclass(frozen=True)
class ReadColours:
    """Read a pair whose mask holds the colours of a labelmap, or the places of its lines as numbers.

    ``ids`` are (colour, class id or IGNORE); ``order`` is the class id of each line.
    """

    ids: tuple[tuple[Colour, int], ...]
    order: tuple[int, ...]

    def __call__(self, pair: Pair) -> tuple[Pixels, LabelMap]:
        """Image (H, W, 3) and labels (H, W)."""
        image, colours = read_pair(*pair, decode)
        labels = np.full(colours.shape[:2], NO_CLASS, np.uint8)
        for colour, label in self.ids:
            labels[(colours == np.array(colour, np.uint8)).all(axis=2)] = label
        if (labels != NO_CLASS).all():
            return image, labels
        values: NDArray[Any] = colours
        try:
            values = read_labels(pair.mask)
            by_place = value_table(dict(enumerate(self.order)) | {IGNORE: IGNORE})
            labels = by_place[values]
        except NotLabels:  # colours that the labelmap does not name
            pass
        refuse_unknown_values(pair.mask, values, labels)
        return image, labels


def numbered(root: Path, masks: list[Path]) -> VocNames:
    """Numbered classes, as many as the masks use; 300 of them are read.

    Raises:
        BadDataset: no mask can be read.
    """
    chosen = [masks[index] for index in np.unique(np.linspace(0, len(masks) - 1, _MOST_READ).astype(int))]
    highest = 0
    for path in chosen:
        try:
            values = read_labels(path)
        except BadImage:  # reported when it is used
            continue
        highest = max(highest, int(values[values != IGNORE].max(initial=0)))
    classes = ("background", *(f"class {number}" for number in range(1, max(highest, 1) + 1)))
    if len(classes) > MAX_CLASSES:
        raise BadDataset(
            "The masks of {root} hold values up to {highest}; at most {most} classes are possible here. Write the "
            "names into class_names.txt, one a line.",
            root=root,
            highest=highest,
            most=MAX_CLASSES,
        )
    note = Message(
        "{root} names no classes, so they are numbered. Write the names into class_names.txt, one a line, in the "
        "order of the values.",
        root=root,
    )
    ids = {value: value for value in range(len(classes))} | {IGNORE: IGNORE}
    return VocNames(classes, default_colours(classes), ReadPair(value_table(ids)), (note,))
