"""The images that came out worst; the chosen one in the viewer, with its prediction, its truth and its errors."""

import math

import streamlit as st

from segcore.formatting import score
from ui.evaluate import images
from ui.evaluate.images import Evaluation, ImageTile
from ui.text import plain, t

SORTS = ("miou", "pixel_accuracy", "loss")
SHOWN = 24


def show(found: Evaluation) -> None:
    """Draw the order, the small pictures and the chosen image.

    Raises:
        BadImage: the photo or the prediction is gone.
    """
    report = found.report
    by = st.segmented_control(
        t("evaluate.worst.by"),
        SORTS,
        default="miou",
        required=True,
        format_func=lambda each: t(f"evaluate.worst.by.{each}"),
        key="evaluate.worst.by",
    )
    numbers = {row.index: number for number, row in enumerate(report.rows)}
    shown = [
        ImageTile(numbers[row.index], score(getattr(row, by)))
        for row in report.worst(SHOWN, by=by)
        if row.kept and not math.isnan(getattr(row, by))
    ]
    if not shown:
        st.caption(t("evaluate.worst.none"))
        return
    chosen = images.tiles(found, shown, key="evaluate.worst.image", version="photo")
    row = report.rows[chosen]
    st.markdown(
        t(
            "evaluate.worst.line",
            name=plain(row.name), miou=score(row.miou), accuracy=score(row.pixel_accuracy), loss=score(row.loss),
        )
    )  # fmt: skip
    images.show(found, chosen, key="evaluate.viewer")
