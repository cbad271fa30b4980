"""Overlapping tiles of an image that is too large for one pass, blended.

A network has less context near the edge of a tile, so neighbouring tiles disagree there and a hard cut would show a
seam. Each tile is therefore weighted by a Hann window (high in the middle, low at the edges), normalised so that the
weights at every pixel sum to one. The weights are separable into rows and columns, so they can be normalised per axis,
without a map of their sums.

Shapes   K classes, h x w pixels of the image, t x s pixels of a tile
"""

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

TILE = 768
"""Maximum side of a tile in pixels; a multiple of 32, so tiles need no padding."""

OVERLAP = 192
"""Minimum overlap of neighbouring tiles in pixels: a quarter of a tile."""

RunTile = Callable[[NDArray[np.uint8]], NDArray[np.float32]]
"""(t, s, 3) uint8 → class probabilities (K, t, s) float32."""

OnTile = Callable[[int, int], None]
"""Called with the number of finished tiles and of all tiles, before the first tile and after each. An exception that it
raises ends the prediction: this is how a caller cancels."""

AxisTile = tuple[int, NDArray[np.float32]]
"""First pixel of a tile along one axis, and the weight of each of its pixels along that axis."""


def axis_tiles(length: int, tile: int = TILE, overlap: int = OVERLAP) -> list[AxisTile]:
    """Cut an axis of ``length`` pixels into tiles of equal size at equal distances; the weights at a pixel sum to 1.

    An axis shorter than ``tile`` is one tile; ``overlap``, the least of neighbours, must be smaller.
    """
    if not 0 <= overlap < tile:
        raise ValueError(f"overlap must be in 0 … {tile - 1}, not {overlap}")
    if length <= tile:
        return [(0, np.ones(length, np.float32))]
    count = -(-(length - overlap) // (tile - overlap))  # the division rounded up
    starts = np.linspace(0, length - tile, count).round().astype(int)
    hann = np.hanning(tile + 2)[1:-1]  # without the zeros at its ends, where the image's border has only one tile
    total = np.zeros(length)
    for start in starts:
        total[start : start + tile] += hann
    return [(int(start), (hann / total[start : start + tile]).astype(np.float32)) for start in starts]


def probability_bands(
    run: RunTile,
    rgb: NDArray[np.uint8],
    num_classes: int,
    *,
    tile: int = TILE,
    overlap: int = OVERLAP,
    on_tile: OnTile | None = None,
) -> Iterator[NDArray[np.float32]]:
    """Yield the class probabilities of a whole image from top to bottom, in bands of finished rows.

    Only one row of tiles is kept in memory: for 24 megapixels and 21 classes 0.4 GB instead of 2 GB.

    Yields:
        (K, rows, w) float32, valid until the next band is requested; h rows in total.
    """
    height, width = rgb.shape[:2]
    rows, columns = axis_tiles(height, tile, overlap), axis_tiles(width, tile, overlap)
    done, of = 0, len(rows) * len(columns)
    report: OnTile = on_tile or (lambda _done, _of: None)
    report(done, of)
    if of == 1:
        probs = run(rgb)
        report(1, 1)
        yield probs
        return
    unfinished = np.zeros((num_classes, len(rows[0][1]), width), np.float32)  # one row of tiles
    for index, (top, row_weights) in enumerate(rows):
        tall = len(row_weights)
        for left, column_weights in columns:
            wide = len(column_weights)
            probs = run(rgb[top : top + tall, left : left + wide])  # (K, t, s)
            unfinished[:, :, left : left + wide] += probs * (row_weights[:, None] * column_weights)
            done += 1
            report(done, of)
        next_top = rows[index + 1][0] if index + 1 < len(rows) else height
        finished = next_top - top
        yield unfinished[:, :finished]
        unfinished[:, : tall - finished] = unfinished[:, finished:].copy()
        unfinished[:, tall - finished :] = 0


def network_pixels(size: tuple[int, int], *, tile: int = TILE, overlap: int = OVERLAP) -> int:
    """Return the pixels that go through the network for an image of (height, width), overlaps counted each time."""
    high, wide = (sum(len(weights) for _, weights in axis_tiles(length, tile, overlap)) for length in size)
    return high * wide


def tile_count(size: tuple[int, int], *, tile: int = TILE, overlap: int = OVERLAP) -> int:
    """Return the number of tiles of an image of (height, width)."""
    return len(axis_tiles(size[0], tile, overlap)) * len(axis_tiles(size[1], tile, overlap))
