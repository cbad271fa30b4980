"""The picture that the viewer's tests look at: every pixel of the photo says where it is, and the maps are known."""

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from segcore.palette import default_colours
from segcore.types import IGNORE

Bytes = NDArray[np.uint8]

WIDTH, HEIGHT = 320, 214
CLASSES = ("background", "cat", "dog", "<b>bird</b>", "sheep")  # the fourth is no markup, the fifth is not in the photo
COLOURS = default_colours(CLASSES)
BACKGROUND, CAT, DOG, BIRD = range(4)


def photo() -> Bytes:
    """(H, W, 3): red = column modulo 256, green = row, blue = which 256 columns."""
    row, col = np.mgrid[:HEIGHT, :WIDTH]
    return np.stack([col % 256, row, col // 256 * 128], axis=-1).astype(np.uint8)


def _labels(shift: int) -> Bytes:
    labels = np.zeros((HEIGHT, WIDTH), np.uint8)
    labels[40:160, 30 + shift : 130 + shift] = CAT
    labels[60:200, 170 + shift : 260 + shift] = DOG
    labels[10:30, 200:230] = BIRD
    return labels


LABELS = _labels(0)
SECOND_LABELS = _labels(30)
TRUTH = _labels(12)
TRUTH[150:156] = IGNORE

_random = np.random.default_rng(7)
CONFIDENCE: Bytes = _random.integers(0, 256, (HEIGHT, WIDTH), dtype=np.uint8)
RUNNER_UP: Bytes = _random.integers(0, len(CLASSES), (HEIGHT, WIDTH), dtype=np.uint8)
UNCERTAINTY: Bytes = _random.integers(0, 256, (HEIGHT, WIDTH), dtype=np.uint8)


def _png(pixels: Bytes) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def _maps(labels: Bytes) -> bytes:
    opaque = np.full_like(labels, 255)
    return _png(np.dstack([labels, CONFIDENCE, RUNNER_UP, opaque]))


def _truth_with_palette() -> bytes:
    """As annotation tools write it: indices with a palette, so that its colours say nothing about the classes."""
    image = Image.frombytes("P", (WIDTH, HEIGHT), TRUTH.tobytes())
    image.putpalette(_random.integers(0, 256, 768, dtype=np.uint8).tobytes())
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


FILES = {
    "photo": _png(photo()),
    "other-photo": _png(255 - photo()),
    "maps": _maps(LABELS),
    "second": _maps(SECOND_LABELS),
    "uncertainty": _png(UNCERTAINTY),
    "truth": _truth_with_palette(),
    "small": _png(np.zeros((9, 9, 4), np.uint8)),
}
