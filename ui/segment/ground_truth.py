"""Ground truth of one photo: read it, check that it fits, measure the prediction against it."""

import streamlit as st

from segcore.data import read_labels
from segcore.errors import BadImage
from segcore.export.sections import Named
from segcore.formatting import score
from segcore.metrics import confusion, scores
from segcore.types import IGNORE, Image, LabelMap, Prediction
from ui import state
from ui.text import plain, t, translated
from ui.widgets import photos
from ui.widgets.tables import table

INBOX = "segment.truth"
_MEANS = ("miou", "mean_dice", "pixel_accuracy", "mean_accuracy", "frequency_weighted_iou")
_OF_CLASSES = ("iou", "dice", "precision", "recall")


def choose(image: Image, prediction: Prediction) -> None:
    """Draw the uploader for ground truth, or what the prediction scores against the one that is there."""
    truth = photos.truths().get(image.image_id)
    if truth is None:
        st.caption(t("segment.truth.about", classes=plain(_legend(prediction.classes))))
        key = state.fresh_key(INBOX)
        given = st.file_uploader(t("segment.truth.upload"), type=["png", "tif", "tiff", "bmp"], key=key)
        if given is not None:
            truth = read_labels(given.getvalue(), name=given.name)
            check(truth, prediction, given.name)
            photos.truths()[image.image_id] = truth
            state.empty_widget(INBOX)
            st.rerun()
        return
    check(truth, prediction, image.name)
    _metrics(prediction, truth)
    st.button(
        t("segment.truth.remove"), type="tertiary", icon=":material/close:", on_click=_forget, args=(image.image_id,)
    )


def fitting(image: Image, prediction: Prediction) -> LabelMap | None:
    """The ground truth of this photo if there is one and it fits this prediction."""
    truth = photos.truths().get(image.image_id)
    try:
        if truth is not None:
            check(truth, prediction, image.name)
    except BadImage:
        return None  # `choose`, further down the page, shows the error
    return truth


def check(truth: LabelMap, prediction: Prediction, name: str) -> None:
    """Check ground truth against a prediction.

    Raises:
        BadImage: of another size than the photo, or with ids that are no classes of this model.
    """
    if truth.shape != prediction.labels.shape:
        there, here = (f"{width} × {height}" for height, width in (truth.shape, prediction.labels.shape))
        raise BadImage(t("segment.truth.size", name=name, there=there, here=here))
    largest = int(truth[truth != IGNORE].max(initial=0))
    if largest >= len(prediction.classes):
        last, legend = len(prediction.classes) - 1, _legend(prediction.classes)
        raise BadImage(t("segment.truth.ids", name=name, value=largest, last=last, legend=legend))


def _legend(classes: tuple[str, ...]) -> str:
    shown = ", ".join(f"{index} {name}" for index, name in enumerate(classes[:24]))
    return shown if len(classes) <= 24 else f"{shown} …"


def _forget(image_id: str) -> None:
    photos.truths().pop(image_id, None)


def _metrics(prediction: Prediction, truth: LabelMap) -> None:
    result = scores(confusion(prediction.labels, truth, len(prediction.classes)), prediction.classes)
    table(
        t("segment.metrics"),
        [t("metric.name"), t("metric.value")],
        [[t(f"metric.{name}"), score(getattr(result, name))] for name in _MEANS],
        numbers=(1,),
    )
    table(
        t("segment.metrics_per_class"),
        [t("segment.class"), *(t(f"metric.{name}") for name in _OF_CLASSES)],
        [
            [Named(name, prediction.colours[i]), *(score(getattr(result, metric)[i]) for metric in _OF_CLASSES)]
            for i, name in enumerate(result.classes)
        ],
        numbers=(1, 2, 3, 4),
    )
    st.caption(t("segment.truth.convention", convention=plain(translated(result.convention))))
