"""A fingerprint of a dataset: whether a training that resumes meets the data with which it began.

Every sample is marked by the names, sizes and modification times of its files, and by annotations that were read from a
common file, such as the polygons in a COCO JSON. The content of images is not read, so that a hundred thousand samples
take seconds; a file that is copied without its time counts as changed.
"""

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from functools import cache
from pathlib import Path
from typing import Any

from segcore.data.base import SegDataset
from segcore.data.formats.item_dataset import ItemDataset
from segcore.data.splitting import sample_names
from segcore.data.views import origin
from segcore.errors import Message, joined

Marks = dict[str, str]
"""Name of a sample → its mark; a name that occurs again gets a number."""


@dataclass(frozen=True)
class DataDifference:
    """The samples of one split that were added, removed and changed."""

    added: int
    removed: int
    changed: int
    before: int
    now: int

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.changed)


def marks(dataset: SegDataset) -> Marks:
    """The mark of every sample."""
    found: Marks = {}
    mark_once = cache(_mark)
    for number, name in enumerate(sample_names(dataset)):
        source, index = origin(dataset, number)
        key = name
        while key in found:  # samples of two datasets, or one that is repeated
            key += "+"
        found[key] = mark_once(source, index)
    return found


def difference(before: Mapping[str, str], now: Mapping[str, str]) -> DataDifference:
    """How two fingerprints of a split differ."""
    same = before.keys() & now.keys()
    changed = sum(before[name] != now[name] for name in same)
    return DataDifference(len(now) - len(same), len(before) - len(same), changed, len(before), len(now))


def stated(differences: Mapping[str, DataDifference]) -> Message:
    """The differences by split as a text."""
    return joined(
        (
            Message(
                "{split}: {before} images became {now} ({added} added, {removed} removed, {changed} changed)",
                split=split,
                before=found.before,
                now=found.now,
                added=found.added,
                removed=found.removed,
                changed=found.changed,
            )
            for split, found in differences.items()
        ),
        "; ",
    )


def folder_digest(folder: Path) -> bytes:
    """A hash of the names, sizes and modification times of all files in a folder and its subfolders."""
    digest = hashlib.blake2b(os.fsencode(folder.resolve()), digest_size=16)
    for place, folders, names in os.walk(folder, followlinks=False):
        folders.sort()
        for name in sorted(names):
            path = os.path.join(place, name)  # noqa: PTH118 - a hundred thousand files
            try:
                facts = os.stat(path)  # noqa: PTH116
            except OSError:
                continue
            digest.update(f"{path}\0{facts.st_size}\0{facts.st_mtime_ns}\0".encode(errors="surrogateescape"))
    return digest.digest()


def _mark(dataset: SegDataset, index: int) -> str:
    item: Any = dataset.items[index] if isinstance(dataset, ItemDataset) else index
    return hashlib.blake2b(repr(_plain(item)).encode(), digest_size=8).hexdigest()


def _plain(value: Any) -> Any:
    """A part of an item: of a file its name, size and time; of anything else its value."""
    if isinstance(value, Path):
        try:
            facts = os.stat(value)  # noqa: PTH116 - a hundred thousand files
        except OSError:
            return (value.name, None)
        return (value.name, facts.st_size, facts.st_mtime_ns)
    if is_dataclass(value):
        return [_plain(getattr(value, each.name)) for each in fields(value)]
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return value
