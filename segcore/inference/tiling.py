"""Windows over an image that is too large for one pass, blended where they overlap.

A network sees less context near the edge of its window, so two neighbours disagree there and a hard cut shows as a
seam. Each window is therefore weighted by a bump (Hann: high in the middle, low at the edges), and the weights of all
windows over a pixel add up to exactly one. The bump is a product of one for the rows and one for the columns, so
that the sums, too, can be taken along each axis by itself: no map of summed weights has to be kept.

Shapes   K classes, h x w pixels of the image, t x s pixels of a window
"""

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

TILE = 768
"""Longest side of a window in pixels; a multiple of 32, so windows need no padding."""

OVERLAP = 192
"""Pixels that neighbours share at least: a quarter of a window."""

Look = Callable[[NDArray[np.uint8]], NDArray[np.float32]]
"""(t, s, 3) uint8 → class probabilities (K, t, s) float32."""

Window = tuple[int, NDArray[np.float32]]
"""First pixel along one axis, and the weight of each pixel of the window along that axis."""


def windows(length: int, tile: int = TILE, overlap: int = OVERLAP) -> list[Window]:
    """Cut one axis into windows of equal size at equal distances.

    Args:
        length: of the axis in pixels.
        tile: size of a window; an axis no longer than that is one window.
        overlap: what neighbours share at least; less than ``tile``.

    Returns:
        The windows in order. At every pixel the weights of all windows over it add up to 1.
    """
    if not 0 <= overlap < tile:
        raise ValueError(f"overlap must be in 0 … {tile - 1}, not {overlap}")
    if length <= tile:
        return [(0, np.ones(length, np.float32))]
    count = -(-(length - overlap) // (tile - overlap))  # the division rounded up
    starts = np.linspace(0, length - tile, count).round().astype(int)
    bump = np.hanning(tile + 2)[1:-1]  # without the two zeros at its ends: the image's border has one window only
    total = np.zeros(length)
    for start in starts:
        total[start : start + tile] += bump
    return [(int(start), (bump / total[start : start + tile]).astype(np.float32)) for start in starts]


def probability_bands(
    look: Look, rgb: NDArray[np.uint8], num_classes: int, *, tile: int = TILE, overlap: int = OVERLAP
) -> Iterator[NDArray[np.float32]]:
    """The class probabilities of a whole image, from top to bottom, as many rows at a time as are finished.

    A row of windows is finished where the next row no longer reaches. Only one row of windows is kept in memory:
    for 24 megapixels and 21 classes 0.4 GB instead of 2 GB.

    Args:
        look: the network on one window.
        rgb: (h, w, 3) uint8.
        num_classes: K.
        tile: as for ``windows``.
        overlap: as for ``windows``.

    Yields:
        (K, rows, w) float32, valid until the next band is asked for; together h rows.
    """
    height, width = rgb.shape[:2]
    rows, columns = windows(height, tile, overlap), windows(width, tile, overlap)
    if len(rows) == len(columns) == 1:
        yield look(rgb)
        return
    unfinished = np.zeros((num_classes, len(rows[0][1]), width), np.float32)  # one row of windows
    for index, (top, row_weights) in enumerate(rows):
        tall = len(row_weights)
        for left, column_weights in columns:
            wide = len(column_weights)
            probs = look(rgb[top : top + tall, left : left + wide])  # (K, t, s)
            unfinished[:, :, left : left + wide] += probs * (row_weights[:, None] * column_weights)
        next_top = rows[index + 1][0] if index + 1 < len(rows) else height
        finished = next_top - top
        yield unfinished[:, :finished]
        unfinished[:, : tall - finished] = unfinished[:, finished:].copy()
        unfinished[:, tall - finished :] = 0


def window_count(size: tuple[int, int], *, tile: int = TILE, overlap: int = OVERLAP) -> int:
    """How many windows an image of (height, width) is cut into."""
    return len(windows(size[0], tile, overlap)) * len(windows(size[1], tile, overlap))
