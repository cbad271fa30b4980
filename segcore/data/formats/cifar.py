"""CIFAR-10: 60,000 images of 32 x 32 pixels with one of ten classes each. For the lesson on classifiers; no masks.

    cifar-10-batches-bin/data_batch_1.bin … data_batch_5.bin  test_batch.bin  batches.meta.txt

A record is one byte of class and 3,072 bytes of image: the red plane, then green, then blue. This is the version "for C
programs"; torchvision reads the one for Python, which is a pickle, and this project loads no pickles.

Krizhevsky, "Learning Multiple Layers of Features from Tiny Images", 2009, https://www.cs.toronto.edu/~kriz/cifar.html
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from segcore import paths
from segcore.data.formats.cifar_stand_in import DRAWN_CLASSES, DRAWN_COUNTS, SIDE, draw_one
from segcore.errors import BadDataset

CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
FOLDER = "cifar-10-batches-bin"

_FILES = {"train": tuple(f"data_batch_{number}.bin" for number in range(1, 6)), "test": ("test_batch.bin",)}
_RECORD = 1 + 3 * SIDE * SIDE


@dataclass(frozen=True, eq=False)
class TenClasses:
    """Images (N, 3, 32, 32) uint8, RGB, with one label each: (N,) int64, 0 … 9; ``source`` "drawn" is the stand-in."""

    images: NDArray[np.uint8]
    labels: NDArray[np.int64]
    classes: tuple[str, ...]
    source: Literal["cifar10", "drawn"]


def open_cifar10(split: str, *, count: int | None = None) -> TenClasses:
    """CIFAR-10 if it was downloaded, otherwise the stand-in; at most ``count`` images, from the start.

    ``split`` is "train" (50,000; drawn 10,000) or "test" (10,000; drawn 2,000).

    Raises:
        BadDataset: no such split, or files that are not as published.
    """
    if split not in _FILES:
        raise BadDataset('CIFAR-10 has no split "{split}"; it has train and test.', split=split)
    folder = find()
    return draw_stand_in(split, count) if folder is None else read_cifar10(folder, split, count)


def find() -> Path | None:
    """The folder with the six files, below that of ``python -m segcore data get cifar10``."""
    downloaded = paths.data_dir() / "cifar10"
    for root in (downloaded, downloaded / FOLDER):
        if all((root / name).is_file() for names in _FILES.values() for name in names):
            return root
    return None


def read_cifar10(folder: Path, split: str, count: int | None = None) -> TenClasses:
    """Read the files of a split; BadDataset where their lengths are no multiple of a record, or a class is above 9."""
    parts: list[NDArray[np.uint8]] = []
    for name in _FILES[split]:
        content = np.fromfile(folder / name, np.uint8)
        if content.size == 0 or content.size % _RECORD:
            raise BadDataset(
                "{file} has {size} bytes, which is no multiple of {record}. Fetch it again.",
                file=folder / name,
                size=content.size,
                record=_RECORD,
            )
        parts.append(content)
    records = np.concatenate(parts).reshape(-1, _RECORD)[:count]
    labels = records[:, 0].astype(np.int64)
    if labels.size and labels.max() >= len(CLASSES):
        raise BadDataset(
            "{folder} holds the class {value}; CIFAR-10 has 0 … 9. Is it CIFAR-100?", folder=folder, value=labels.max()
        )
    return TenClasses(records[:, 1:].reshape(-1, 3, SIDE, SIDE).copy(), labels, CLASSES, "cifar10")


def draw_stand_in(split: str, count: int | None = None) -> TenClasses:
    """The stand-in: ten shapes of any size, place and colour on noise. Image i never changes; its class is i mod 10."""
    total = DRAWN_COUNTS[split] if count is None else min(count, DRAWN_COUNTS[split])
    images = np.empty((total, 3, SIDE, SIDE), np.uint8)
    labels = np.empty(total, np.int64)
    for index in range(total):
        image, labels[index] = draw_one(split, index)
        images[index] = image.transpose(2, 0, 1)
    return TenClasses(images, labels, DRAWN_CLASSES, "drawn")
