"""The confusion matrix. A cell shows the images that it comes from, with exactly its pixels marked."""

import cv2
import numpy as np
import streamlit as st
from numpy.typing import NDArray

from segcore.data import resize_image
from segcore.types import RGB
from ui import state
from ui.components import matrix
from ui.evaluate import images
from ui.evaluate.images import Evaluation
from ui.known_names import class_name
from ui.text import plain, t, t_count

TRUE, LABEL, MATRIX = "evaluate.true", "evaluate.label", "evaluate.matrix"
SHOWN = 24
"""Maximum number of images, those with the most pixels."""
DRAWN = 30
"""Maximum number of classes in the matrix; the menus have all of them."""

MARK = np.array((230, 60, 160), np.float32)
_DIM = 0.45


def show(evaluation: Evaluation) -> None:
    """Draw the matrix, the menus of a cell, and its pixels."""
    report = evaluation.report
    counts, names = np.array(report.counts, np.int64), list(report.classes)
    st.caption(t("evaluate.confusion.about"))
    ids = range(len(names))
    true_id, label = largest_confusion(counts)
    chosen = (state.choose_widget(TRUE, ids, true_id), state.choose_widget(LABEL, ids, label))
    shown = most_confused(counts, DRAWN)
    if len(shown) < len(names):
        st.caption(t("evaluate.confusion.some", shown=len(shown), count=len(names)))
    matrix.show(counts, names, report.colours, shown, chosen, on_cell=_take_cell, key=MATRIX)
    left, right = st.columns(2)
    true_id = left.selectbox(t("evaluate.true"), ids, format_func=lambda each: names[each], key=TRUE)
    label = right.selectbox(t("evaluate.label"), ids, format_func=lambda each: names[each], key=LABEL)
    _pixels(evaluation, true_id, label)


def largest_confusion(counts: NDArray[np.int64]) -> tuple[int, int]:
    """(true class, predicted class) of the off-diagonal cell (K, K) with the most pixels; (0, 0) if all are empty."""
    wrong = counts * (1 - np.eye(len(counts), dtype=np.int64))
    row, column = np.unravel_index(int(wrong.argmax()), wrong.shape)
    return int(row), int(column)


def most_confused(counts: NDArray[np.int64], limit: int) -> list[int]:
    """The classes with the most false negatives and false positives, in the order of their ids."""
    wrong = counts * (1 - np.eye(len(counts), dtype=np.int64))
    order = np.argsort(-(wrong.sum(0) + wrong.sum(1)), kind="stable")[:limit]
    return sorted(order.tolist())


def _take_cell(true_id: int, label: int) -> None:
    """Choose a cell in the two menus."""
    state.set_widget(TRUE, true_id)
    state.set_widget(LABEL, label)


def _pixels(evaluation: Evaluation, true_id: int, label: int) -> None:
    report, predictions = evaluation.report, evaluation.predictions
    cell_images = predictions.images_with(true_id, label)
    if not cell_images:
        st.caption(t("evaluate.confusion.none"))
        return
    names = {"true": plain(class_name(report.classes[true_id])), "label": plain(class_name(report.classes[label]))}
    total = f"{sum(pixels for _, pixels in cell_images):,}"
    st.markdown(t_count("evaluate.confusion.found", len(cell_images), pixels=total, **names))
    shown = [(row, f"{pixels:,}") for row, pixels in cell_images if report.rows[row].kept][:SHOWN]
    if not shown:
        st.caption(t("evaluate.worst.none"))
        return
    cell = f"{true_id} as {label}"

    def thumbnail(row: int) -> RGB:
        photo = evaluation.photo(row)
        return marked(photo, predictions.cell(row, true_id, label), images.tile_size(photo.shape[:2]))

    chosen = images.tiles(evaluation, dict(shown), key="evaluate.confusion.image", version=cell, make=thumbnail)
    st.markdown(f"**{plain(report.rows[chosen].name)}**")
    st.caption(t("evaluate.confusion.swipe"))

    def large() -> RGB:
        photo = evaluation.photo(chosen)
        return marked(photo, predictions.cell(chosen, true_id, label), photo.shape[:2])

    images.show(evaluation, chosen, key="evaluate.confusion.viewer", photo=(f"marked {cell}", large))


def marked(rgb: RGB, pixels: NDArray[np.bool_], size: tuple[int, ...]) -> RGB:
    """A photo, dimmed, with some of its pixels in magenta.

    Args:
        rgb: (H, W, 3) uint8.
        pixels: (H, W); in a downscaled photo they are averaged, with a square root that keeps thin lines visible.
        size: (height, width) of the result, no larger than the photo.
    """
    height, width = size
    small = resize_image(rgb, (height, width)).astype(np.float32) * _DIM
    part = cv2.resize(pixels.astype(np.float32), (width, height), interpolation=cv2.INTER_AREA)
    strength = np.sqrt(np.clip(part, 0, 1))[..., None]
    return np.asarray(np.rint(small * (1 - strength) + MARK * strength), np.uint8)
