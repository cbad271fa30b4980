"""CIFAR-10: 60,000 pictures of 32 x 32 pixels, one of ten things each. For the lesson on classifiers; it has no masks.

    cifar-10-batches-bin/data_batch_1.bin … data_batch_5.bin  test_batch.bin  batches.meta.txt

A record is one byte of class and 3,072 bytes of picture: the red plane, then green, then blue. This is the version
"for C programs"; torchvision reads the one for Python, which is a pickle, and no pickle is loaded in this project.

Where it is not on this computer a stand-in is drawn, and ``TenClasses.source`` says so: ten shapes in any colour on
noise, as many a class as asked for, the same ones every time.

Krizhevsky, "Learning Multiple Layers of Features from Tiny Images", 2009, https://www.cs.toronto.edu/~kriz/cifar.html
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from segcore import paths
from segcore.errors import BadDataset, MissingData

CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
DRAWN_CLASSES = ("disc", "square", "triangle", "diamond", "ring", "frame", "cross", "bar", "two discs", "stairs")
SIDE = 32
FOLDER = "cifar-10-batches-bin"
DRAWN_COUNTS = {"train": 10_000, "test": 2_000}
"""Pictures of a split of the stand-in; CIFAR-10 itself has 50,000 and 10,000."""

_FILES = {"train": tuple(f"data_batch_{number}.bin" for number in range(1, 6)), "test": ("test_batch.bin",)}
_RECORD = 1 + 3 * SIDE * SIDE
_SERIES = 10_2009  # names this series of pictures


@dataclass(frozen=True, eq=False)
class TenClasses:
    """Pictures with one class each.

    Attributes:
        images: (N, 3, 32, 32) uint8, RGB.
        labels: (N,) int64, 0 … 9.
        classes: ten names.
        split: "train" or "test".
        source: "cifar10", or "drawn" for the stand-in.
    """

    images: NDArray[np.uint8]
    labels: NDArray[np.int64]
    classes: tuple[str, ...]
    split: str
    source: Literal["cifar10", "drawn"]


def open_cifar10(split: str, *, root: Path | None = None, count: int | None = None) -> TenClasses:
    """CIFAR-10 where it was fetched, else the stand-in.

    Args:
        split: "train" (50,000; drawn 10,000) or "test" (10,000; drawn 2,000).
        root: folder of the six files, or the one above; None is where ``python -m segcore data get cifar10`` puts it.
        count: at most so many, from the start; None takes all.

    Raises:
        BadDataset: no such split; or files are there, but not as published.
        MissingData: a ``root`` was named and has no CIFAR-10.
    """
    if split not in _FILES:
        raise BadDataset('CIFAR-10 has no split "{split}"; it has train and test.', split=split)
    folder = find(root or paths.data_dir() / "cifar10")
    if folder is not None:
        return read_cifar10(folder, split, count)
    if root is not None:
        raise MissingData(
            "{file} holds no CIFAR-10: expected data_batch_1.bin … test_batch.bin. The version for Python "
            "(cifar-10-batches-py) is a pickle and is not read; get cifar-10-binary.tar.gz.",
            file=root,
        )
    return draw_stand_in(split, count)


def find(folder: Path) -> Path | None:
    """The folder with the six files."""
    for root in (folder, folder / FOLDER):
        if all((root / name).is_file() for names in _FILES.values() for name in names):
            return root
    return None


def read_cifar10(folder: Path, split: str, count: int | None = None) -> TenClasses:
    """Read the files of a split.

    Raises:
        BadDataset: their length is no multiple of a record, or a class is above 9.
    """
    wanted = None if count is None else count * _RECORD
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
        parts.append(content if wanted is None else content[:wanted])
        if wanted is not None:
            wanted -= parts[-1].size
    records = np.concatenate(parts).reshape(-1, _RECORD)
    labels = records[:, 0].astype(np.int64)
    if labels.size and labels.max() >= len(CLASSES):
        raise BadDataset(
            "{folder} holds the class {value}; CIFAR-10 has 0 … 9. Is it CIFAR-100?", folder=folder, value=labels.max()
        )
    return TenClasses(records[:, 1:].reshape(-1, 3, SIDE, SIDE).copy(), labels, CLASSES, split, "cifar10")


def draw_stand_in(split: str, count: int | None = None) -> TenClasses:
    """Ten shapes of any size, place and colour on noise; picture i is always the same, and of class i mod 10."""
    total = DRAWN_COUNTS[split] if count is None else min(count, DRAWN_COUNTS[split])
    images = np.empty((total, 3, SIDE, SIDE), np.uint8)
    labels = np.empty(total, np.int64)
    for index in range(total):
        picture, labels[index] = draw_one(split, index)
        images[index] = picture.transpose(2, 0, 1)
    return TenClasses(images, labels, DRAWN_CLASSES, split, "drawn")


def draw_one(split: str, index: int) -> tuple[NDArray[np.uint8], int]:
    """One picture (32, 32, 3) uint8 of the stand-in and its class; drawn in half a millisecond."""
    label = index % len(DRAWN_CLASSES)
    return _draw(label, np.random.default_rng((_SERIES, list(DRAWN_COUNTS).index(split), index))), label


def _draw(label: int, rng: np.random.Generator) -> NDArray[np.uint8]:
    """(32, 32, 3) uint8. Drawn four times as large and averaged down, or thin parts would be ragged."""
    large = 4 * SIDE
    mask = np.zeros((large, large), np.uint8)
    _SHAPES[label](mask, rng.uniform(0.24, 0.36) * large)
    middle = (large / 2, large / 2)
    matrix = np.asarray(cv2.getRotationMatrix2D(middle, float(rng.uniform(-15, 15)), 1.0), np.float64)
    matrix[:, 2] += rng.uniform(-0.1, 0.1, 2) * large
    mask = np.asarray(cv2.warpAffine(mask, matrix, (large, large)))
    cover = cv2.resize(mask, (SIDE, SIDE), interpolation=cv2.INTER_AREA).astype(np.float32)[..., None] / 255
    back, front = rng.uniform(40, 215, 3), rng.uniform(40, 215, 3)
    while np.abs(back - front).max() < 70:  # or the shape could not be seen
        front = rng.uniform(40, 215, 3)
    picture = back * (1 - cover) + front * cover + rng.normal(0, 14, (SIDE, SIDE, 3))
    return np.clip(np.rint(picture), 0, 255).astype(np.uint8)


def _corners(mask: NDArray[np.uint8], r: float, turn: float, count: int) -> None:
    angles = np.deg2rad(turn) + 2 * np.pi * np.arange(count) / count
    points = np.stack([np.cos(angles), np.sin(angles)], axis=1) * r + mask.shape[0] / 2
    cv2.fillPoly(mask, [np.rint(points).astype(np.int32)], (255,))


def _box(mask: NDArray[np.uint8], wide: float, tall: float, *, x: float = 0, y: float = 0, value: int = 255) -> None:
    middle = mask.shape[0] / 2
    left, top = round(middle + x - wide), round(middle + y - tall)
    mask[max(top, 0) : round(middle + y + tall), max(left, 0) : round(middle + x + wide)] = value


def _disc(mask: NDArray[np.uint8], r: float, x: float = 0, value: int = 255) -> None:
    middle = mask.shape[0] // 2
    cv2.circle(mask, (round(middle + x), middle), round(r), (value,), cv2.FILLED)


def _ring(mask: NDArray[np.uint8], r: float) -> None:
    _disc(mask, r)
    _disc(mask, 0.55 * r, value=0)


def _frame(mask: NDArray[np.uint8], r: float) -> None:
    _box(mask, 0.9 * r, 0.9 * r)
    _box(mask, 0.5 * r, 0.5 * r, value=0)


def _cross(mask: NDArray[np.uint8], r: float) -> None:
    _box(mask, r, 0.3 * r)
    _box(mask, 0.3 * r, r)


def _two_discs(mask: NDArray[np.uint8], r: float) -> None:
    _disc(mask, 0.5 * r, x=-0.6 * r)
    _disc(mask, 0.5 * r, x=0.6 * r)


def _stairs(mask: NDArray[np.uint8], r: float) -> None:
    for step in (-1, 0, 1):
        _box(mask, r / 3, r / 2 + step * r / 3, x=step * 2 * r / 3, y=-step * r / 3)


_SHAPES = (
    _disc,
    lambda mask, r: _box(mask, 0.85 * r, 0.85 * r),
    lambda mask, r: _corners(mask, r, -90, 3),
    lambda mask, r: _corners(mask, r, 0, 4),
    _ring,
    _frame,
    _cross,
    lambda mask, r: _box(mask, r, 0.28 * r),
    _two_discs,
    _stairs,
)
