"""Receptive fields as images: the cells that layers read, and the influence of pixels on a network's output."""

from collections.abc import Sequence

import numpy as np

from segcore.explain.receptive_field import Field, Heat
from segcore.types import RGB, Colour
from ui.learn import colours, figures

SIDE_PX = 420  # side of the image of a field, about
LONGEST_PX = 512  # longer side of a magnified image, about
PAPER: Colour = (250, 250, 248)
RULE: Colour = (205, 205, 200)


def field_rgb(field: Field, whole: int) -> RGB:
    """Draw a field in a frame of whole x whole cells, about SIDE_PX wide: the more paths to the output, the darker.

    An orange frame marks the position of the output.
    """
    ways = np.pad(field.ways, (whole - field.side) // 2).astype(np.float64)
    share = np.where(ways > 0, 0.25 + 0.75 * np.log(np.maximum(ways, 1)) / max(np.log(ways.max()), 1e-9), 0)
    rgb = (np.array(PAPER) * (1 - share[..., None]) + np.array(colours.NEGATIVE) * share[..., None]).round()
    scale = max(2, SIDE_PX // whole)
    large = figures.magnified(rgb.astype(np.uint8), scale)
    if scale >= 6:
        large[::scale] = RULE
        large[:, ::scale] = RULE
    middle, thick = slice(whole // 2 * scale, (whole // 2 + 1) * scale), max(2, scale // 8)
    output = large[middle, middle].copy()
    large[middle, middle] = colours.POSITIVE
    large[middle, middle][thick:-thick, thick:-thick] = output[thick:-thick, thick:-thick]
    return large


def influence_rgb(image: RGB, heat: Heat, pixel: tuple[int, int], squares: Sequence[tuple[int, Colour]]) -> RGB:
    """Draw the influence (h, w) of all pixels on one over the image (h, w, 3).

    Squares of given sides and colours lie around that pixel (row, col).
    """
    share = np.sqrt(heat / max(float(heat.max()), 1e-300))  # the root shows weak influence too
    mixed = (0.4 * image + 0.6 * colours.viridis_rgb(share)).round().astype(np.uint8)
    scale = max(1, LONGEST_PX // max(mixed.shape[:2]))
    large = figures.magnified(mixed, scale)
    for side, colour in squares:
        _square(large, pixel, side, scale, colour)
    return large


def _square(rgb: RGB, pixel: tuple[int, int], side: int, scale: int, colour: Colour) -> None:
    """Draw a square around a pixel, clipped to the image."""
    (top, bottom), (left, right) = (
        (max(0, (middle - side // 2) * scale), min(size - 1, (middle + side // 2 + 1) * scale - 1))
        for middle, size in zip(pixel, rgb.shape[:2], strict=True)
    )
    for thick in range(3):
        rgb[top : bottom + 1, [min(left + thick, right), max(right - thick, left)]] = colour
        rgb[[min(top + thick, bottom), max(bottom - thick, top)], left : right + 1] = colour
