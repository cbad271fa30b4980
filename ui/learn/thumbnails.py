"""Thumbnails of lessons, made from what their views show."""

import cv2
import numpy as np

from segcore.types import RGB
from ui.components.cells import Grid
from ui.learn import figures

WIDTH, HEIGHT = 320, 240  # of a thumbnail, in pixels
CELL = 20  # pixels of a grid's cell
PAPER = (244, 244, 240)


def fitted(rgb: RGB) -> RGB:
    """Return the middle of (H, W, 3) as (HEIGHT, WIDTH, 3); few pixels keep their edges."""
    height, width = rgb.shape[:2]
    scale = max(WIDTH / width, HEIGHT / height)
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_NEAREST
    large = cv2.resize(
        rgb, (max(WIDTH, round(width * scale)), max(HEIGHT, round(height * scale))), interpolation=method
    )
    top, left = (large.shape[0] - HEIGHT) // 2, (large.shape[1] - WIDTH) // 2
    return np.ascontiguousarray(large[top : top + HEIGHT, left : left + WIDTH], np.uint8)


def of_grid(grid: Grid) -> RGB:
    """Return the colours of a grid of cells as an image, with lines between them."""
    rows = [[_colour(cell.colour) for cell in row] for row in grid.rows]
    rgb = figures.magnified(np.array(rows, np.uint8), CELL)
    rgb[::CELL], rgb[:, ::CELL] = 200, 200
    return rgb


def _colour(code: str) -> tuple[int, ...]:
    """#rrggbb as numbers; without a colour, paper."""
    return tuple(bytes.fromhex(code[1:])) if code else PAPER


def mosaic(images: list[RGB], columns: int) -> RGB:
    """Return images of one size in rows of ``columns``."""
    rows = [np.concatenate(images[at : at + columns], axis=1) for at in range(0, len(images), columns)]
    return np.concatenate([row for row in rows if row.shape == rows[0].shape])
