"""An image and its labels transformed together, or not; and class ids that are interpolated like colours.

Every transform is one map: for each output pixel the position in the source, 0 at a pixel's centre. Colours may be
interpolated from the four pixels around it. Class ids must not: half-way between id 1 and id 3 is id 2, another class.
"""

from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from segcore.types import IGNORE, RGB, LabelMap

Transform = Literal["flip", "rotate", "scale", "tilt", "elastic"]
TRANSFORMS: tuple[Transform, ...] = ("flip", "rotate", "scale", "tilt", "elastic")

_SEED = 7  # of the elastic displacement; one seed, so that strengths can be compared


def source_positions(move: Transform, strength: int, size: tuple[int, int]) -> NDArray[np.float64]:
    """The position in the source of each output pixel.

    Args:
        move: "flip" exchanges left and right at every strength; per step of strength "rotate" turns by 6° about the
            centre, "scale" zooms in by 0.15, "tilt" narrows the top by 0.06 of the width on either side, "elastic"
            displaces by smooth noise with a standard deviation of 0.012 of the longer side.
        strength: 1 … 5.
        size: (h, w).

    Returns:
        (2, h, w) rows and columns; those outside 0 … h - 1 and 0 … w - 1 have no source.
    """
    height, width = size
    rows, cols = np.mgrid[:height, :width].astype(np.float64)
    middle_row, middle_col = (height - 1) / 2, (width - 1) / 2
    match move:
        case "flip":
            return np.stack([rows, width - 1 - cols])
        case "rotate":
            angle = np.deg2rad(6 * strength)
            down, right = rows - middle_row, cols - middle_col
            return np.stack(
                [
                    middle_row + np.cos(angle) * down - np.sin(angle) * right,
                    middle_col + np.sin(angle) * down + np.cos(angle) * right,
                ]
            )
        case "scale":
            factor = 1 + 0.15 * strength
            return np.stack([middle_row + (rows - middle_row) / factor, middle_col + (cols - middle_col) / factor])
        case "tilt":
            narrow = 0.06 * strength * (width - 1)
            bottom, right = height - 1, width - 1
            source = np.array([[0, 0], [right, 0], [right, bottom], [0, bottom]], np.float32)
            target = np.array([[narrow, 0], [right - narrow, 0], [right, bottom], [0, bottom]], np.float32)
            back = np.asarray(cv2.getPerspectiveTransform(target, source), np.float64)
            x, y, scale = np.einsum("ij,jhw->ihw", back, np.stack([cols, rows, np.ones(size)]))
            return np.stack([y / scale, x / scale])
        case "elastic":
            longest = max(size)
            noise = np.random.default_rng(_SEED).standard_normal((2, height, width))
            waves = np.stack([cv2.GaussianBlur(each, (0, 0), 0.06 * longest) for each in noise])
            waves *= 0.012 * strength * longest / waves.std()
            return np.asarray(np.stack([rows, cols]) + waves)


@dataclass(frozen=True, eq=False)
class TransformedPair:
    """A transformed pair."""

    image: RGB  # (h, w, 3), bilinear; the mean colour outside the source
    labels: LabelMap  # (h, w), nearest neighbour; IGNORE outside the source
    averaged: LabelMap  # (h, w), ids interpolated like colours and rounded: the mistake
    # (4, h, w), the ids around each source position: upper left, upper right, lower left, lower right
    ids: NDArray[np.int64]
    weights: NDArray[np.float64]  # (4, h, w), their weights, which sum to 1

    @property
    def spurious(self) -> NDArray[np.bool_]:
        """(h, w): spurious label ids: pixels whose averaged id is none of the ids that were averaged."""
        theirs = (self.ids == self.averaged) & (self.weights > 0)
        return np.asarray(~theirs.any(axis=0), np.bool_)


def transform_pair(image: RGB, labels: LabelMap, move: Transform, strength: int) -> TransformedPair:
    """Transform an image (h, w, 3) and its labels (h, w), class ids or IGNORE; see `source_positions`."""
    place = source_positions(move, strength, (labels.shape[0], labels.shape[1]))
    ids, weights = _around(labels[..., None], place, (IGNORE,))
    colours, _ = _around(image, place, tuple(image.mean(axis=(0, 1))))
    mixed = (colours * weights[..., None]).sum(axis=0)
    around = ids[..., 0].round().astype(np.int64)
    return TransformedPair(
        image=np.rint(mixed).astype(np.uint8),
        labels=np.take_along_axis(around, weights.argmax(axis=0)[None], axis=0)[0].astype(np.uint8),
        averaged=np.rint((around * weights).sum(axis=0)).astype(np.uint8),
        ids=around,
        weights=weights,
    )


def _around(
    values: NDArray[np.generic], place: NDArray[np.float64], outside: tuple[float, ...]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The four values around each position, (4, h, w, C), and their weights, (4, h, w)."""
    height, width = values.shape[:2]
    upper, left = np.floor(place).astype(np.int64)
    down, right = place - np.floor(place)
    corners, weights = [], []
    for row, col in ((0, 0), (0, 1), (1, 0), (1, 1)):
        r, c = upper + row, left + col
        inside = (r >= 0) & (r < height) & (c >= 0) & (c < width)
        found = values[r.clip(0, height - 1), c.clip(0, width - 1)].astype(np.float64)
        corners.append(np.where(inside[..., None], found, np.array(outside, np.float64)))
        weights.append((down if row else 1 - down) * (right if col else 1 - right))
    return np.stack(corners), np.stack(weights)
