"""Shapes: a synthetic dataset without a download, for first steps, demonstrations and tests.

It has on a small scale what makes real datasets hard: textures, uneven light, objects that touch or hide each other,
thin structures, a rare class (crosses: about one pixel in two hundred), and borders that are labelled IGNORE. Every
class has a typical hue, but some objects have any colour.

Each object is a signed distance d (x, y) in pixels, negative inside. The same d gives the smooth edge (coverage =
1/2 - d within half a pixel of the edge), the label (inside) and the IGNORE border (near 0).
"""

import colorsys
from collections.abc import Callable
from functools import partial

import numpy as np
from numpy.typing import NDArray

from segcore.data.dataset_cards import DatasetCard
from segcore.data.formats.item_dataset import ItemDataset, numbered_dataset, published_facts
from segcore.data.splits import canonical
from segcore.errors import BadDataset
from segcore.palette import default_colours
from segcore.types import IGNORE, LabelMap, Pixels

CLASSES = ("background", "disc", "square", "triangle", "ring", "cross")
COUNTS = {"train": 400, "val": 100, "test": 100}
"""Split → default number of images. Images of different splits differ."""

_SERIES = 5_2015  # seed of this series of images
_SHARES = (0.0, 0.3, 0.3, 0.25, 0.15)  # how often an object is of class 0 … 4; crosses are drawn separately
_CROSS_IN = 0.2  # share of images with a cross
_ANY_COLOUR = 0.15  # share of objects of any hue

Field = NDArray[np.floating]  # float32, which numpy's stubs do not express


def _disc(x: Field, y: Field, r: float) -> Field:
    return np.hypot(x, y) - r


def _square(x: Field, y: Field, r: float) -> Field:
    return np.maximum(np.abs(x), np.abs(y)) - 0.85 * r


def _triangle(x: Field, y: Field, r: float) -> Field:
    return np.maximum(np.abs(x) * np.float32(np.sqrt(0.75)) + y / 2, -y) - r / 2


def _ring(x: Field, y: Field, r: float) -> Field:
    return np.abs(np.hypot(x, y) - 0.9 * r) - max(1.2, 0.06 * r)


def _cross(x: Field, y: Field, r: float) -> Field:
    across, along = np.minimum(np.abs(x), np.abs(y)), np.maximum(np.abs(x), np.abs(y))
    return np.maximum(across - 0.25 * r, along - 0.9 * r)


_KINDS: dict[int, tuple[Callable[[Field, Field, float], Field], float]] = {
    1: (_disc, 0.0),  # red
    2: (_square, 0.36),  # green
    3: (_triangle, 0.6),  # blue
    4: (_ring, 0.14),  # orange
    5: (_cross, 0.85),  # magenta
}
"""Class id → its signed distance, for an object of radius r at the origin, and its hue."""


def open_shapes(options: str = "", split: str | None = None) -> ItemDataset[int]:
    """Open a spec ``shapes:COUNT:SIDE``; ``options`` is the part after the first colon. None is the training split.

    Raises:
        BadDataset: no such split, or options that are no numbers or out of range.
    """
    split = canonical(split or "train")
    if split not in COUNTS:
        raise BadDataset('shapes has no split "{split}"; it has {known}.', split=split, known=list(COUNTS))
    numbers = options.split(":") if options else []
    if len(numbers) > 2 or not all(number.isdecimal() for number in numbers):
        raise BadDataset(
            '"shapes:{options}" is not understood; expected shapes, shapes:COUNT or shapes:COUNT:SIDE.', options=options
        )
    count = int(numbers[0]) if numbers else COUNTS[split]
    side = int(numbers[1]) if len(numbers) == 2 else 96
    if not (1 <= count <= 1_000_000 and 32 <= side <= 2048):
        raise BadDataset(
            "shapes cannot have {count} images of {side} pixels; COUNT must be 1 … 1000000 and SIDE 32 … 2048.",
            count=count,
            side=side,
        )
    return numbered_dataset(published_facts(CARD, split), split, count, partial(draw, side, split))


def draw(side: int, split: str, index: int) -> tuple[Pixels, LabelMap]:
    """Draw the image at an index, (side, side, 3) uint8, and its labels (side, side); they never change."""
    rng = np.random.default_rng((_SERIES, list(COUNTS).index(split), index))
    rows, columns = np.mgrid[:side, :side].astype(np.float32) + 0.5
    image = _background(rows, columns, rng)
    labels = np.zeros((side, side), np.uint8)
    border = int(rng.integers(1, 3))
    drawn: list[tuple[float, float, float]] = []  # x, y, radius
    kinds = list(rng.choice(5, size=int(rng.integers(3, 7)), p=_SHARES))
    if rng.random() < _CROSS_IN:
        kinds.append(5)
    for kind in kinds:
        radius = side * float(rng.uniform(0.09, 0.19))
        x, y = _place(side, radius, drawn, rng)
        drawn.append((x, y, radius))
        reach = int(np.ceil(radius * 1.1 + 2))
        window = (
            slice(max(0, int(y) - reach), min(side, int(y) + reach + 1)),
            slice(max(0, int(x) - reach), min(side, int(x) + reach + 1)),
        )
        angle = rng.uniform(0, 2 * np.pi)
        cos, sin = np.float32(np.cos(angle)), np.float32(np.sin(angle))
        dx, dy = columns[window] - np.float32(x), rows[window] - np.float32(y)
        distance = _KINDS[int(kind)][0](cos * dx + sin * dy, cos * dy - sin * dx, radius)
        coverage = np.clip(0.5 - distance, 0, 1)[..., None]
        colour = _object_colour(int(kind), rng) * (0.8 + 0.4 * _texture(dy, dx, side, rng))[..., None]
        image[window] += coverage * (colour - image[window])
        region = labels[window]
        region[distance < border - 0.5] = IGNORE
        region[distance < -0.5] = kind
    return _lit(image, rows, columns, rng), labels


def _place(
    side: int, radius: float, drawn: list[tuple[float, float, float]], rng: np.random.Generator
) -> tuple[float, float]:
    """The centre (x, y) of the next object; every other object touches an earlier one."""
    if drawn and rng.random() < 0.5:
        x, y, other = drawn[int(rng.integers(len(drawn)))]
        direction, apart = rng.uniform(0, 2 * np.pi), 0.9 * (radius + other)
        x, y = x + apart * np.cos(direction), y + apart * np.sin(direction)
        if 0 <= x < side and 0 <= y < side:
            return float(x), float(y)
    return float(rng.uniform(0, side)), float(rng.uniform(0, side))


def _object_colour(kind: int, rng: np.random.Generator) -> Field:
    """(3,) in 0 … 1: near the hue of the class, or any hue."""
    hue = rng.random() if rng.random() < _ANY_COLOUR else _KINDS[kind][1] + rng.normal(0, 0.03)
    return np.array(colorsys.hsv_to_rgb(hue % 1.0, rng.uniform(0.55, 0.95), rng.uniform(0.6, 0.95)), np.float32)


def _background(rows: Field, columns: Field, rng: np.random.Generator) -> Field:
    """(side, side, 3): a texture between two pale colours of any hue."""
    one, two = (
        np.array(colorsys.hsv_to_rgb(rng.random(), rng.uniform(0, 0.3), rng.uniform(0.25, 0.85)), np.float32)
        for _ in range(2)
    )
    return one + _texture(rows, columns, len(rows), rng)[..., None] * (two - one)


def _texture(rows: Field, columns: Field, side: int, rng: np.random.Generator) -> Field:
    """A pattern in 0 … 1: stripes, checks, a gradient or noise."""
    kind = int(rng.integers(4))
    angle, period = rng.uniform(0, np.pi), side * rng.uniform(0.05, 0.15)
    u = columns * np.float32(np.cos(angle)) + rows * np.float32(np.sin(angle))
    v = rows * np.float32(np.cos(angle)) - columns * np.float32(np.sin(angle))
    turn = np.float32(2 * np.pi / period)
    if kind == 0:
        return 0.5 + 0.5 * np.sin(u * turn)
    if kind == 1:
        return np.asarray(np.sin(u * turn) * np.sin(v * turn) > 0, np.float32)
    if kind == 2:
        return np.asarray((u - np.min(u)) / max(float(np.ptp(u)), 1.0))
    return np.asarray(rng.random(u.shape, np.float32))


def _lit(image: Field, rows: Field, columns: Field, rng: np.random.Generator) -> NDArray[np.uint8]:
    """(side, side, 3) uint8: light falls off towards one side, sensor noise is added."""
    side = len(rows)
    angle, fall = rng.uniform(0, 2 * np.pi), rng.uniform(0, 0.5)
    slope = (columns * np.float32(np.cos(angle)) + rows * np.float32(np.sin(angle))) / side
    light = np.float32(rng.uniform(0.7, 1.15)) * (1 - np.float32(fall) * (slope - slope.min()))
    noise = rng.standard_normal(image.shape, np.float32) * np.float32(rng.uniform(0, 0.05))
    return np.asarray(np.clip(np.rint((image * light[..., None] + noise) * 255), 0, 255), np.uint8)


CARD = DatasetCard(
    name="shapes",
    title="Shapes",
    summary="Synthetic discs, squares, triangles, rings and crosses on textures; nothing to download. "
    "shapes:COUNT:SIDE sets number and size.",
    splits=tuple(COUNTS),
    open=open_shapes,
    classes=CLASSES,
    colours=default_colours(CLASSES),
    licence="CC0 1.0 (generated)",
    shippable=True,
)
