"""The confusion matrix: a components.v2 table whose cells are buttons that the arrow keys reach."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segcore.formatting import percent
from segcore.types import Colour
from ui import state
from ui.components.assets import component
from ui.known_names import class_name
from ui.text import t

_component = component("matrix", ("viewer/elements.js", "confusion.js", "matrix.js"), styles=("matrix/confusion.css",))


def show(
    counts: NDArray[np.int64],
    names: Sequence[str],
    colours: Sequence[Colour],
    ids: Sequence[int],
    chosen: tuple[int, int],
    *,
    on_cell: Callable[[int, int], None],
    key: str,
) -> None:
    """Draw the matrix of the classes with these ids; the shares are of all pixels of a row.

    The counts are (K, K) pixels, rows ground truth, columns predictions, with K names of any origin and K colours.
    ``chosen`` is the cell that is marked, (true class, predicted class); ``on_cell`` is called with another one before
    the next run of the script.
    """
    shares = counts / np.maximum(counts.sum(1, keepdims=True), 1)

    def cell(truth: int, label: int) -> dict[str, Any]:
        share, pixels = float(shares[truth, label]), int(counts[truth, label])
        says = t(
            "evaluate.matrix.cell",
            true=class_name(names[truth]), label=class_name(names[label]), pixels=f"{pixels:,}", share=percent(share),
        )  # fmt: skip
        return {"share": share, "text": percent(share) if pixels else "0", "says": says}

    data = {
        "ids": list(ids),
        "names": [class_name(names[index]) for index in ids],
        "colours": [list(colours[index]) for index in ids],
        "cells": [[cell(truth, label) for label in ids] for truth in ids],
        "chosen": list(chosen),
        "caption": t("evaluate.matrix.caption"),
    }
    _component(data=data, key=key, on_cell_change=lambda: _pass_on(key, len(names), on_cell))


def _pass_on(key: str, count: int, on_cell: Callable[[int, int], None]) -> None:
    """Check what the browser sent."""
    cell: Any = (state.widget(key) or {}).get("cell")
    truth, label = (cell.get("truth"), cell.get("label")) if isinstance(cell, dict) else (None, None)
    if isinstance(truth, int) and isinstance(label, int) and 0 <= truth < count and 0 <= label < count:
        on_cell(truth, label)
