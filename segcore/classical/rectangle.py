"""A rectangle that a user draws around the object: everything outside is background."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from segcore.errors import BadConfig

Inside = NDArray[np.bool_]
"""(h, w), True where an object may be."""


@dataclass(frozen=True)
class Rectangle:
    """Part of a photo in pixels; ``bottom`` and ``right`` are the first row and column outside."""

    top: int
    left: int
    bottom: int
    right: int

    def inside(self, size: tuple[int, int], working_size: tuple[int, int]) -> Inside:
        """Return the rectangle, given in a photo of ``size`` (H, W), as a mask at the working size (h, w); never empty.

        Raises:
            BadConfig: the rectangle contains no pixel of the photo.
        """
        top, bottom = (min(max(row, 0), size[0]) for row in (self.top, self.bottom))
        left, right = (min(max(column, 0), size[1]) for column in (self.left, self.right))
        if top >= bottom or left >= right:
            raise BadConfig(
                "The rectangle from ({top}, {left}) to ({bottom}, {right}) holds no pixel of this photo of {rows} "
                "rows and {columns} columns. Draw it on the photo, from its upper left to its lower right corner.",
                top=self.top,
                left=self.left,
                bottom=self.bottom,
                right=self.right,
                rows=size[0],
                columns=size[1],
            )
        down, across = working_size[0] / size[0], working_size[1] / size[1]
        mask = np.zeros(working_size, bool)
        mask[int(top * down) : max(int(top * down) + 1, round(bottom * down)), :] = True
        mask[:, : int(left * across)] = False
        mask[:, max(int(left * across) + 1, round(right * across)) :] = False
        return mask
