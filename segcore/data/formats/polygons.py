"""Polygons and run lengths of annotation files → masks, as COCO defines both.

The rule for polygons is that of ``rleFrPoly`` in https://github.com/cocodataset/cocoapi (common/maskApi.c): corners are
rounded to fifths of a pixel; where the boundary crosses the middle of a pixel column, the pixels below it change
between outside and inside. A square from (0, 0) to (20, 20) has 400 pixels, and objects that share a boundary do not
overlap.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segcore.data.image_files import MAX_PIXELS
from segcore.errors import BadDataset

Mask = NDArray[np.bool_]

_SCALE = 5
"""COCO's rule works on a grid of fifths of a pixel; column X of pixels is crossed from 5X + 2 to 5X + 3."""
_FAR = 2**40
"""Corners further away than this many fifths of a pixel are moved here: sums with them stay exact in a double."""


def fill_polygons(polygons: Sequence[NDArray[np.floating]], size: tuple[int, int]) -> Mask:
    """The union of polygons, (H, W) bool. Each is (N, 2), N at least 3: x and y in pixels from the upper left corner.

    Equal to pycocotools' masks. Corners outside the image are allowed; the part inside is filled.

    Raises:
        ValueError: a corner is not a finite number.
    """
    mask = np.zeros(size, np.bool_)
    for polygon in polygons:
        mask |= _fill(np.asarray(polygon, np.float64), size)
    return mask


def _fill(corners: NDArray[np.float64], size: tuple[int, int]) -> Mask:
    if not np.isfinite(corners).all():
        raise ValueError("a corner is not a finite number")
    height, width = size
    columns, rows = _crossings(np.trunc(np.clip(corners * _SCALE + 0.5, -_FAR, _FAR)).astype(np.int64), width)
    starts = np.clip(-((2 - rows) // _SCALE), 0, height)  # the first pixel whose middle is not above the boundary
    toggles = np.zeros(height * width + 1, np.bool_)
    places, counts = np.unique(columns * height + starts, return_counts=True)
    toggles[places] = counts % 2 == 1
    return np.asarray(np.logical_xor.accumulate(toggles)[:-1].reshape(width, height).T)


def _crossings(corners: NDArray[np.int64], width: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Where the edges between ``corners`` (N, 2), in fifths of a pixel, cross the middles of columns of pixels.

    An edge is a chain of points of the grid, one for every step along its longer side, from its lower to its higher
    coordinate. Returns the column of each crossing, 0 … width-1, and its row in fifths of a pixel.
    """
    begin, end = corners, np.roll(corners, -1, axis=0)
    is_flat = np.abs(end - begin)[:, 0] >= np.abs(end - begin)[:, 1]
    swap = np.where(is_flat, begin[:, 0] > end[:, 0], begin[:, 1] > end[:, 1])[:, None]
    begin, end = np.where(swap, end, begin), np.where(swap, begin, end)
    left, right = np.minimum(begin[:, 0], end[:, 0]), np.maximum(begin[:, 0], end[:, 0])
    first = np.maximum(0, -((2 - left) // _SCALE))  # 5X + 2 is not left of the edge …
    counts = np.maximum(np.minimum(width - 1, (right - 3) // _SCALE) - first + 1, 0)  # … nor 5X + 3 right of it
    edge = np.repeat(np.arange(len(corners)), counts)
    columns = np.arange(len(edge)) + np.repeat(first - np.cumsum(counts) + counts, counts)
    at, flat = _SCALE * columns + 2, is_flat[edge]
    rows = np.empty(len(edge), np.int64)
    rows[flat] = _rows_of_flat(begin[edge[flat]], end[edge[flat]], at[flat])
    rows[~flat] = _rows_of_steep(begin[edge[~flat]], end[edge[~flat]], at[~flat])
    return columns, rows


def _rows_of_flat(begin: NDArray[np.int64], end: NDArray[np.int64], at: NDArray[np.int64]) -> NDArray[np.int64]:
    """The higher of the rows at ``at`` and one step further, of edges (n, 2) that are at least as wide as high."""
    slope = (end - begin)[:, 1] / (end - begin)[:, 0]
    here, there = (np.trunc(begin[:, 1] + slope * (x - begin[:, 0]) + 0.5) for x in (at, at + 1))
    return np.asarray(np.minimum(here, there), np.int64)


def _rows_of_steep(begin: NDArray[np.int64], end: NDArray[np.int64], at: NDArray[np.int64]) -> NDArray[np.int64]:
    """The last row before edges (n, 2), which are higher than wide, go from ``at`` to its right or back."""
    slope = ((end - begin)[:, 0] / (end - begin)[:, 1])[:, None]
    x = begin[:, :1]
    steps = np.floor((at[:, None] + 0.5 - x) / slope) + np.arange(-3, 4)  # the estimate is off by one at most
    reached = np.trunc(x + slope * steps + 0.5)
    before = np.where(slope > 0, reached <= at[:, None], reached > at[:, None])
    return np.asarray(begin[:, 1] + steps[:, 0] + before.sum(axis=1) - 1, np.int64)


def decode_rle(rle: Mapping[str, Any], size: tuple[int, int] | None = None) -> Mask:
    """COCO's run-length encoding as a mask, (H, W) bool.

    ``rle`` has ``size`` [H, W], and ``counts``: lengths of alternating runs of 0 and 1 in column-major order, beginning
    with 0; numbers, or the compressed text of pycocotools. ``size`` (H, W) is that of the image, where it is known.
    Nothing is allocated before the sizes and the sum of the runs are found to agree.

    Raises:
        BadDataset: the runs do not fill the size, or it is not that of the image.
    """
    try:
        height, width = (int(side) for side in rle["size"])
        if min(height, width) < 1 or height * width > MAX_PIXELS:
            raise ValueError(f"a size of {width} × {height} pixels")
        counts = rle["counts"]
        runs = _decompress(counts) if isinstance(counts, str) else [int(count) for count in counts]
        if min(runs, default=0) < 0 or sum(runs) != height * width:
            raise ValueError(f"runs of {sum(runs)} pixels for {width} × {height}")
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise BadDataset(
            "A run-length mask cannot be read ({error}). Expected size [height, width] and counts that fill it. "
            "Export the annotations again.",
            error=error,
        ) from error
    if size is not None and (height, width) != size:
        raise BadDataset(
            "A run-length mask is {size}, its image {image_size}.",
            size=f"{width} × {height}",
            image_size=f"{size[1]} × {size[0]}",
        )
    values = np.arange(len(runs)) % 2 == 1
    return np.repeat(values, runs).reshape(width, height).T


def _decompress(text: str) -> list[int]:
    """Numbers of five bits per character, least significant first; from the third on, differences to the last but one.

    The same as ``rleFrString`` in https://github.com/cocodataset/cocoapi (common/maskApi.c).
    """
    if not re.fullmatch("([P-o]*[0-O])*", text):
        raise ValueError("the text breaks off or holds another character")
    runs: list[int] = []
    for word in re.findall("[P-o]*[0-O]", text):
        codes = [ord(letter) - ord("0") for letter in word]
        value = sum((code & 31) << 5 * place for place, code in enumerate(codes))
        if codes[-1] & 16:
            value -= 1 << 5 * len(codes)
        runs.append(value + runs[-2] if len(runs) > 2 else value)
    return runs
