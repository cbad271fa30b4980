"""The confusion matrix to press: a components.v2 table whose cells are buttons, within reach of the arrow keys.

matrix.html  the fixed markup
matrix.css   its looks, on Streamlit's own theme variables
matrix.js    cells, keys, and what was pressed
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from segcore.types import Colour
from ui import state
from ui.components.viewer import DRAWING
from ui.text import t
from ui.widgets.numbers import percent

_HERE = Path(__file__).parent
_ELEMENTS = next(path for path in DRAWING if path.name == "elements.js")

_component = st.components.v2.component(
    "segcore_confusion",
    html=(_HERE / "matrix.html").read_text(encoding="utf-8"),
    css=(_HERE / "matrix.css").read_text(encoding="utf-8"),
    js="\n".join(path.read_text(encoding="utf-8") for path in (_ELEMENTS, _HERE / "matrix.js")),
)


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
    """Draw the table.

    Args:
        counts: (K, K) pixels, rows the truth, columns the labels.
        names: K names, text of any origin.
        colours: one per class.
        ids: which classes to draw; the shares are of all pixels of a row.
        chosen: (true class, label) of the cell that is marked.
        on_cell: called with (true class, label) before the next run of the script.
        key: of the component.
    """
    shares = counts / np.maximum(counts.sum(1, keepdims=True), 1)

    def cell(truth: int, label: int) -> dict[str, Any]:
        share, pixels = float(shares[truth, label]), int(counts[truth, label])
        says = t(
            "evaluate.matrix.cell",
            true=names[truth], label=names[label], pixels=f"{pixels:,}", share=percent(share),
        )  # fmt: skip
        return {"share": share, "text": percent(share) if pixels else "0", "says": says}

    data = {
        "ids": list(ids),
        "names": [names[index] for index in ids],
        "colours": [list(colours[index]) for index in ids],
        "cells": [[cell(truth, label) for label in ids] for truth in ids],
        "chosen": list(chosen),
        "titles": {"caption": t("evaluate.matrix.caption")},
    }
    _component(data=data, key=key, on_cell_change=lambda: _pass_on(key, len(names), on_cell))


def _pass_on(key: str, count: int, on_cell: Callable[[int, int], None]) -> None:
    """What a browser says is checked."""
    said: Any = (state.widget(key) or {}).get("cell")
    truth, label = (said.get("truth"), said.get("label")) if isinstance(said, dict) else (None, None)
    if isinstance(truth, int) and isinstance(label, int) and 0 <= truth < count and 0 <= label < count:
        on_cell(truth, label)
