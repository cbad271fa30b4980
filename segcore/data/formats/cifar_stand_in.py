"""A synthetic stand-in for CIFAR-10: ten shapes in any colour on noise, 32 x 32 pixels, one class each."""

import cv2
import numpy as np
from numpy.typing import NDArray

DRAWN_CLASSES = ("disc", "square", "triangle", "diamond", "ring", "frame", "cross", "bar", "two discs", "stairs")
DRAWN_COUNTS = {"train": 10_000, "test": 2_000}
"""Images in each split; CIFAR-10 itself has 50,000 and 10,000."""
SIDE = 32

_SERIES = 10_2009  # seed of this series of images


def draw_one(split: str, index: int) -> tuple[NDArray[np.uint8], int]:
    """One image (32, 32, 3) uint8 and its class; drawn in half a millisecond."""
    label = index % len(DRAWN_CLASSES)
    return _draw(label, np.random.default_rng((_SERIES, list(DRAWN_COUNTS).index(split), index))), label


def _draw(label: int, rng: np.random.Generator) -> NDArray[np.uint8]:
    """(32, 32, 3) uint8. Drawn four times as large and averaged, so that edges are smooth."""
    large = 4 * SIDE
    mask = np.zeros((large, large), np.uint8)
    _SHAPES[label](mask, rng.uniform(0.24, 0.36) * large)
    middle = (large / 2, large / 2)
    matrix = np.asarray(cv2.getRotationMatrix2D(middle, float(rng.uniform(-15, 15)), 1.0), np.float64)
    matrix[:, 2] += rng.uniform(-0.1, 0.1, 2) * large
    mask = np.asarray(cv2.warpAffine(mask, matrix, (large, large)))
    cover = cv2.resize(mask, (SIDE, SIDE), interpolation=cv2.INTER_AREA).astype(np.float32)[..., None] / 255
    back, front = rng.uniform(40, 215, 3), rng.uniform(40, 215, 3)
    while np.abs(back - front).max() < 70:  # until the shape is visible
        front = rng.uniform(40, 215, 3)
    image = back * (1 - cover) + front * cover + rng.normal(0, 14, (SIDE, SIDE, 3))
    return np.clip(np.rint(image), 0, 255).astype(np.uint8)


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
