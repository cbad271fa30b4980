"""The images with the lowest scores; the chosen one in the viewer, with its prediction, ground truth and errors."""

import streamlit as st

from segcore.formatting import score
from ui.evaluate import images
from ui.evaluate.images import Evaluation
from ui.text import plain, t
from ui.widgets import view_tabs

SORTS = ("miou", "pixel_accuracy", "loss")
SHOWN = 24
"""Maximum number of tiles."""


def show(evaluation: Evaluation) -> None:
    """Draw the menu of the order, the tiles and the chosen image.

    Raises:
        BadImage: the photo or the prediction was deleted.
    """
    report = evaluation.report
    by = view_tabs.select(
        t("evaluate.worst.by"), SORTS, lambda each: t(f"evaluate.worst.by.{each}"), key="evaluate.worst.by"
    )
    numbers = {row.index: number for number, row in enumerate(report.rows)}
    shown = {numbers[row.index]: score(getattr(row, by)) for row in report.worst(SHOWN, by=by) if row.kept}
    if not shown:
        st.caption(t("evaluate.worst.none"))
        return
    chosen = images.tiles(evaluation, shown, key="evaluate.worst.image", version="photo", make=evaluation.thumbnail)
    row = report.rows[chosen]
    values = {"miou": score(row.miou), "accuracy": score(row.pixel_accuracy), "loss": score(row.loss)}
    st.markdown(t("evaluate.worst.line", name=plain(row.name), **values))
    images.show(evaluation, chosen, key="evaluate.viewer")
