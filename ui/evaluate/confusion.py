"""Where the pixels of each class went. A cell shows the images it comes from, with exactly its pixels marked."""

import cv2
import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from segcore.data import SegDataset, resize_image
from segcore.data.transforms import working_size
from segcore.evaluation import KeptPredictions, Report
from segcore.evaluation.measure import as_rgb
from segcore.types import RGB
from ui import state
from ui.evaluate.numbers import percent
from ui.learn import pictures
from ui.learn.pictures import Picture
from ui.text import plain, t, t_count

TRUE, LABEL, MATRIX = "evaluate.true", "evaluate.label", "evaluate.matrix"
SHOWN = 8
"""Images at most, those with the most pixels."""

_SIDE = 256
MARK = np.array((230, 60, 160), np.float32)
_DIM = 0.45
_MOST_TALL_PX = 560


def show(report: Report, dataset: SegDataset, kept: KeptPredictions) -> None:
    """Draw the table of shares, the choice of a cell, and the pixels behind it."""
    counts = np.array(report.counts, np.int64)
    shares = counts / np.maximum(counts.sum(1, keepdims=True), 1)
    st.caption(t("evaluate.confusion.about"))
    names = list(report.classes)
    st.dataframe(
        pd.DataFrame(shares, index=names, columns=names)
        .style.format(percent)
        .map(lambda share: f"background-color: rgba(0, 114, 178, {0.6 * share:.2f})"),
        key=MATRIX,
        height=min(_MOST_TALL_PX, 36 * (len(names) + 1)),
        on_select=lambda: _take_cell(names),
        selection_mode="single-cell",
    )
    if state.widget(TRUE) not in range(len(names)) or state.widget(LABEL) not in range(len(names)):
        first = largest_confusion(counts)
        state.set_widget(TRUE, first[0])
        state.set_widget(LABEL, first[1])
    left, right = st.columns(2)
    ids = range(len(names))
    true_id = left.selectbox(t("evaluate.true"), ids, format_func=lambda each: names[each], key=TRUE)
    label = right.selectbox(t("evaluate.label"), ids, format_func=lambda each: names[each], key=LABEL)
    _pixels(report, dataset, kept, true_id, label)


def largest_confusion(counts: NDArray[np.int64]) -> tuple[int, int]:
    """(true class, label) of the wrong cell (K, K) with the most pixels; (0, 0) where nothing is wrong."""
    wrong = counts * (1 - np.eye(len(counts), dtype=np.int64))
    row, column = np.unravel_index(int(wrong.argmax()), wrong.shape)
    return int(row), int(column)


def _take_cell(names: list[str]) -> None:
    """Bring the cell that was pressed into the two menus."""
    cells = state.widget(MATRIX).selection.cells
    if cells:
        row, column = cells[0]
        state.set_widget(TRUE, int(row))
        if column in names:  # the column with the names of the rows is none of them
            state.set_widget(LABEL, names.index(column))


def _pixels(report: Report, dataset: SegDataset, kept: KeptPredictions, true_id: int, label: int) -> None:
    found = kept.images_with(true_id, label)
    if not found:
        st.caption(t("evaluate.confusion.none"))
        return
    st.markdown(
        t_count(
            "evaluate.confusion.found",
            len(found),
            pixels=f"{sum(pixels for _, pixels in found):,}",
            true=plain(report.classes[true_id]),
            label=plain(report.classes[label]),
        )
    )
    shown = [(row, pixels) for row, pixels in found if report.rows[row].kept][:SHOWN]
    pictures.show(
        [
            Picture(
                marked(as_rgb(dataset[report.rows[row].index].image), kept.cell(row, true_id, label)),
                report.rows[row].name,
                t("evaluate.confusion.alt", name=report.rows[row].name, pixels=pixels),
                t("evaluate.confusion.pixels", pixels=f"{pixels:,}"),
            )
            for row, pixels in shown
        ],
        least_px=150,
    )


def marked(rgb: RGB, pixels: NDArray[np.bool_]) -> RGB:
    """A small photo, dimmed, with some of its pixels in magenta.

    Args:
        rgb: (H, W, 3) uint8.
        pixels: (H, W); a place of the small photo is marked as strongly as its part of them, so thin lines stay.
    """
    size = working_size(rgb.shape[:2], min(_SIDE, max(rgb.shape[:2])))
    small = resize_image(rgb, size).astype(np.float32) * _DIM
    part = cv2.resize(pixels.astype(np.float32), (size[1], size[0]), interpolation=cv2.INTER_AREA)
    strength = np.sqrt(np.clip(part, 0, 1))[..., None]
    return np.rint(small * (1 - strength) + MARK * strength).astype(np.uint8)
