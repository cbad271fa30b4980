"""The images that came out worst; the chosen one in the viewer, with its prediction, its truth and its errors."""

import cv2
import numpy as np
import streamlit as st

from segcore.data import SegDataset
from segcore.evaluation import ImageScore, KeptPredictions, Report
from segcore.evaluation.measure import as_rgb
from ui import routes, viewer
from ui.evaluate.numbers import score
from ui.text import t

SORTS = ("miou", "pixel_accuracy", "loss")
SHOWN = 24


def show(report: Report, dataset: SegDataset, kept: KeptPredictions, job: str) -> None:
    """Draw the choice and the image.

    Args:
        report: what was measured.
        dataset: it was measured on.
        kept: its predictions.
        job: names them, and changes when they are computed again.

    Raises:
        BadImage: the photo or the prediction is gone.
    """
    by = st.segmented_control(
        t("evaluate.worst.by"),
        SORTS,
        default="miou",
        required=True,
        format_func=lambda each: t(f"evaluate.worst.by.{each}"),
        key="evaluate.worst.by",
    )
    rows = {row.index: row for row in report.worst(SHOWN, by=by) if row.kept}
    if not rows:
        st.caption(t("evaluate.worst.none"))
        return
    chosen = st.selectbox(
        t("evaluate.worst.image"), list(rows), format_func=lambda index: _line(rows[index]), key="evaluate.worst.image"
    )
    number = next(number for number, row in enumerate(report.rows) if row.index == chosen)
    photo, labels = as_rgb(dataset[chosen].image), kept.labels(number)
    maps = np.dstack([labels, kept.confidence(number), labels])
    key = f"evaluation {job} {number}"
    viewer.show(
        image_url=routes.publish(f"{key} photo", lambda: _encoded(".jpg", photo), "image/jpeg"),
        maps_url=routes.publish(f"{key} maps", lambda: _encoded(".png", maps), "image/png"),
        truth_url=routes.publish(f"{key} truth", lambda: _encoded(".png", kept.truth(number)), "image/png"),
        uncertainty_url=None,
        width=labels.shape[1],
        height=labels.shape[0],
        classes=report.classes,
        colours=report.colours,
        title=report.checkpoint,
        max_height_px=520,
        key="evaluate.viewer",
    )


def _line(row: ImageScore) -> str:
    return t(
        "evaluate.worst.line",
        name=row.name, miou=score(row.miou), accuracy=score(row.pixel_accuracy), loss=score(row.loss),
    )  # fmt: skip


def _encoded(ending: str, pixels: np.ndarray) -> bytes:
    _, data = cv2.imencode(ending, np.ascontiguousarray(pixels[..., ::-1] if pixels.ndim == 3 else pixels))
    return data.tobytes()
