"""Pixel values of mask files → class ids."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from segcore.errors import UnknownLabel
from segcore.types import LabelMap

NO_CLASS = 254
"""The label of pixel values that are no class id, until they are reported."""


def value_table(ids: dict[int, int]) -> NDArray[np.uint8]:
    """(256,) uint8 from a mapping value → class id or IGNORE; all other values are NO_CLASS."""
    table = np.full(256, NO_CLASS, np.uint8)
    for value, label in ids.items():
        table[value] = label
    return table


def refuse_unknown_values(path: Path, values: NDArray[np.generic], labels: LabelMap) -> None:
    """Raise UnknownLabel with the values, (H, W) or (H, W, 3), whose label (H, W) is NO_CLASS, if there are any."""
    unknown = values[labels == NO_CLASS]
    if not len(unknown):
        return
    found = np.unique(unknown, axis=0).tolist()
    shown = ", ".join(map(str, found[:8])) + (f" … ({len(found)} in all)" if len(found) > 8 else "")
    raise UnknownLabel(
        "{name} holds the value(s) {shown}, which mean nothing in this layout. It may have been resized or saved as "
        "JPEG, or belong to another dataset; get the original file.",
        name=path.name,
        shown=shown,
        file=path,
        values=found,
    )
