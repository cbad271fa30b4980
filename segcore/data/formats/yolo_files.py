"""The files of a YOLO dataset: data.yaml, and the lines of the text files.

`read_names` knows the usual forms of data.yaml, so that no YAML library is needed.
"""

import ast
import functools
import math
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from segcore.data.base import MAX_CLASSES
from segcore.data.image_files import size_text
from segcore.errors import BadDataset, Message

_MARGIN = 0.05
"""Corners this far outside the photo, as a share of its side, are clipped; tools round and let polygons overhang."""
_NAMED = 3
"""Maximum number of lines that a note names."""


class Line(NamedTuple):
    """A line of a text file that is not blank; its number counts from 1."""

    path: Path
    number: int
    text: str

    @property
    def is_box(self) -> bool:
        """Whether it holds a class and four numbers: centre, width and height."""
        return len(self.text.split()) == 5

    def polygon(self, size: tuple[int, int]) -> tuple[int, NDArray[np.float64]]:
        """Class and corners (N, 2) as shares of width and height; of a box, its four numbers as two corners.

        Raises:
            BadDataset: it is neither polygon nor box, or a coordinate is no number, or outside a photo of ``size``
                (H, W).
        """
        words = self.text.split()
        try:
            index, numbers = int(words[0]), [float(word) for word in words[1:]]
        except ValueError:
            raise self._bad() from None
        if (len(numbers) < 6 and not self.is_box) or len(numbers) % 2:
            raise self._bad()
        corners = np.array(numbers).reshape(-1, 2)
        wrong = [value for value in numbers if not -_MARGIN <= value <= 1 + _MARGIN]  # NaN compares false
        if wrong:
            raise self._outside(wrong[0], corners, size)
        return index, corners

    def _bad(self) -> BadDataset:
        return BadDataset(
            '{name}, line {line}: "{text}" is no polygon; expected a class and at least three corners x y, as shares '
            "of the sides. Export for segmentation.",
            name=self.path.name,
            line=self.number,
            text=self.text[:60],
            kind="bad_annotation",
        )

    def _outside(self, value: float, corners: NDArray[np.float64], size: tuple[int, int]) -> BadDataset:
        if not math.isfinite(value):
            return BadDataset(
                "{name}, line {line}: {value} is no coordinate; expected shares of the sides, 0 … 1. Export the labels "
                "again.",
                name=self.path.name,
                line=self.number,
                value=f"{value:g}",
                kind="bad_annotation",
            )
        if (corners >= 0).all() and (corners <= np.array(size[::-1]) * (1 + _MARGIN)).all():
            return BadDataset(
                "{name}, line {line}: the coordinate {value} is above 1. On a photo of {size} these are probably "
                "pixels, but the format has shares of the sides, 0 … 1. Divide every x by the width and every y by the "
                "height of its photo.",
                size=size_text(size),
                name=self.path.name,
                line=self.number,
                value=f"{value:g}",
                kind="bad_annotation",
            )
        return BadDataset(
            "{name}, line {line}: the coordinate {value} is outside the photo; expected shares of the sides, 0 … 1. "
            "Export the labels again, for these photos.",
            name=self.path.name,
            line=self.number,
            value=f"{value:g}",
            kind="bad_annotation",
        )


def read_lines(path: Path) -> list[Line]:
    """The lines of a text file that are not blank; none where it is not there, which means a photo of background."""
    if not path.exists():
        return []
    text = path.read_text(encoding="utf-8-sig", errors="replace")
    return [Line(path, number, line) for number, line in enumerate(text.splitlines(), 1) if line.strip()]


@functools.lru_cache(maxsize=2**18)
def _counted(path: Path, _mtime_ns: int, _size: int) -> tuple[int, tuple[Line, ...]]:
    """The number of lines, and the boxes among them."""
    lines = read_lines(path)
    return len(lines), tuple(line for line in lines if line.is_box)


def count_boxes(paths: Sequence[Path], root: Path) -> tuple[Message, ...]:
    """A note about the boxes in the text files of a split, and one where they are all empty.

    Raises:
        BadDataset: they hold nothing but boxes.
    """
    total = 0
    boxes: list[Line] = []
    for path in paths:
        try:
            facts = path.stat()
        except OSError:  # a photo of background
            continue
        count, found = _counted(path, facts.st_mtime_ns, facts.st_size)
        total += count
        boxes += found
    if not total:
        return (Message("{root} holds no polygon: every pixel of its photos is background.", root=root.name),)
    if not boxes:
        return ()
    shown = [Message("{name}, line {line}", name=box.path.name, line=box.number) for box in boxes[:_NAMED]]
    if len(boxes) == total:
        raise BadDataset(
            "All {count} lines of the labels of {root} are boxes (a class and four numbers, as in {places}), from "
            "which no mask can be made. Export for segmentation, or draw polygons.",
            count=total,
            root=root,
            places=shown[:1],
        )
    return (
        Message(
            "{count} of {total} lines are boxes without polygons; they were left out: {places}{more}.",
            count=len(boxes),
            total=total,
            places=shown,
            more=" …" if len(boxes) > _NAMED else "",
        ),
    )


def read_names(path: Path) -> list[str]:
    """The classes of a data.yaml: ``names: [a, b]``, ``names: {0: a}``, or lines ``- a`` or ``0: a`` below it.

    They are in the order of their numbers, see `read_numbers`. BadDataset where there are none, or in another form.
    """
    names = [name for _, name in _numbered_names(path)]
    if not names or not all(names) or len(names) > MAX_CLASSES - 1:
        raise BadDataset(
            "{path} names {count} classes under names:; expected 1 to {most}, as names: [leaf, stem] or one a line "
            "as 0: leaf.",
            path=path,
            count=len(names),
            most=MAX_CLASSES - 1,
        )
    return names


def read_numbers(path: Path) -> tuple[int, ...]:
    """The number that the text files use for each class of `read_names`: 0, 1, 2 …, unless data.yaml states others."""
    return tuple(number for number, _ in _numbered_names(path))


def _numbered_names(path: Path) -> list[tuple[int, str]]:
    lines = path.read_text(encoding="utf-8-sig", errors="replace").splitlines()
    start = next((number for number, line in enumerate(lines) if re.match(r"names\s*:", line)), None)
    if start is None:
        return []
    inline = lines[start].partition(":")[2].strip()
    rest = lines[start + 1 :]
    entries = _inline_names("\n".join([inline, *rest])) if inline[:1] in ("[", "{") else list(_names_below(rest))
    return sorted((count if number is None else number, name) for count, (number, name) in enumerate(entries))


def _inline_names(text: str) -> list[tuple[int | None, str]]:
    closing = text.find({"[": "]", "{": "}"}[text[0]])
    words = [word.strip() for word in text[1:closing].replace("\n", " ").split(",") if word.strip()]
    if closing < 0:
        return []
    if text[0] == "[":
        return [(None, _unquoted(word)) for word in words]
    entries = [word.partition(":") for word in words]
    return [(int(key) if key.strip().isdecimal() else None, _unquoted(name)) for key, _, name in entries]


def _names_below(lines: list[str]) -> Iterator[tuple[int | None, str]]:
    for line in lines:
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        found = re.match(r"\s*-\s+(.+)$|\s+(\d+)\s*:\s*(.+)$", line)
        if found is None:
            return
        yield (int(found[2]) if found[2] else None), _unquoted(found[1] or found[3])


def _unquoted(word: str) -> str:
    word = re.sub(r"\s+#.*$", "", word).strip()
    if word[:1] in ("'", '"'):
        try:
            return str(ast.literal_eval(word))
        except (SyntaxError, ValueError):
            return word.strip("'\"")
    return word
