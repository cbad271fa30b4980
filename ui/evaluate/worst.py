"""The images with the lowest scores; the chosen one in the viewer, with its prediction, ground truth and errors."""

from functools import partial
from html import escape

import streamlit as st

from segcore.data import resize_image
from segcore.formatting import score
from segcore.palette import overlay
from segcore.pictures import encode
from ui import blobs
from ui.evaluate import images
from ui.evaluate.images import Evaluation
from ui.text import plain, t
from ui.widgets import view_tabs

SORTS = ("miou", "pixel_accuracy", "loss")
SAMPLES = 6
"""Number of predictions that are drawn above the views, from the worst to the best."""
SHOWN = 24
"""Maximum number of tiles."""


def samples(evaluation: Evaluation) -> None:
    """Draw a few predictions over their photos: the worst, the best and one in between, with their scores.

    Raises:
        BadImage: a photo or a prediction was deleted.
    """
    report = evaluation.report
    ranked = [row for row in report.worst(len(report.rows)) if row.kept]
    count = min(SAMPLES, len(ranked))
    chosen = [ranked[place * (len(ranked) - 1) // max(count - 1, 1)] for place in range(count)]
    numbers = {row.index: number for number, row in enumerate(report.rows)}
    figures = []
    for row in chosen:
        number = numbers[row.index]
        url = blobs.publish(f"{evaluation.job} sample {number}", partial(_overlay, evaluation, number), "image/jpeg")
        caption = escape(f"{row.name} · {t('metric.iou')} {score(row.miou)}")
        figures.append(f'<figure><img src="{url}" alt="" loading="lazy"><figcaption>{caption}</figcaption></figure>')
    if figures:
        st.html(f'<div class="seg-samples">{"".join(figures)}</div>')


def _overlay(evaluation: Evaluation, row: int) -> bytes:
    photo = evaluation.photo(row)
    laid = overlay(photo, evaluation.predictions.labels(row), evaluation.report.colours, opacity=0.55)
    return encode(resize_image(laid, images.tile_size(photo.shape[:2])), "jpg", quality=88)


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
