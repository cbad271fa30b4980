"""The prediction of a photo in the viewer, with a line of facts."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from segcore.types import Image, Prediction
from ui import cache, state
from ui.segment import ground_truth, method, request, why
from ui.segment_request import SegmentRequest
from ui.text import plain, t, t_count
from ui.widgets import background, pickers, prediction_viewer
from ui.widgets.background import Report, Work

_WORK = "segment.work"
_CANCELLED = "segment.cancelled"
_LAST = "segment.last"


def show(image: Image, chosen: SegmentRequest) -> tuple[Prediction, SegmentRequest] | None:
    """Compute and draw the prediction; return it with its request, or None if there is none to draw yet.

    While a prediction takes long, that of an earlier request for the same photo stays. Errors are those of
    `cache.segment`.
    """
    above, view, line = st.container(), st.container(), st.empty()
    with _waiting(view, line):
        prediction = _computed(image, chosen)
    earlier, key = _earlier(image), cache.key_of(image, chosen)
    if prediction is not None:
        state.put(_LAST, (image.image_id, chosen))
    elif earlier is not None:
        prediction, chosen = earlier
    with above:
        _running(key, has_earlier=earlier is not None)
    if prediction is None:
        view.html(f'<img class="seg-waiting" src="{prediction_viewer.photo_url(image)}" alt="">')
        return None
    _draw(image, chosen, prediction, view, line)
    return prediction, chosen


def _computed(image: Image, chosen: SegmentRequest) -> Prediction | None:
    """The prediction; None if it is still being computed, or was cancelled."""
    found, key = cache.segmented(image, chosen), cache.key_of(image, chosen)
    if state.get(_CANCELLED, "") != key:
        state.put(_CANCELLED, "")  # chosen again later, it begins again
    if found is not None:
        background.forget(_WORK)
        return found
    if state.get(_CANCELLED, "") == key:
        return None

    def make(report: Report) -> Prediction:
        return cache.segment(image, chosen, report)

    work = background.work(_WORK, key, make)
    if not work.wait(background.PATIENCE_SECONDS):
        return None
    background.forget(_WORK)
    return work.result()


def _earlier(image: Image) -> tuple[Prediction, SegmentRequest] | None:
    """The last prediction that was drawn of this photo, if it is still in memory."""
    last: tuple[str, SegmentRequest] | None = state.get(_LAST, None)
    if last is None or last[0] != image.image_id:
        return None
    prediction = cache.segmented(image, last[1])
    return None if prediction is None else (prediction, last[1])


def _running(key: str, *, has_earlier: bool) -> None:
    """The progress of a long prediction; after a cancel, the button that starts it again.

    A cancel leaves the choices as they are: to set a widget while the progress reruns could lose against the browser.
    """
    work = background.present(_WORK, key)
    if work is not None:
        if has_earlier:
            st.caption(t("segment.working.earlier"))
        background.progress(work, _progress_text, key=_WORK, on_cancel=lambda: state.put(_CANCELLED, key))
    elif state.get(_CANCELLED, "") == key:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption(t("segment.cancelled.earlier") if has_earlier else t("segment.cancelled"), width="content")
            st.button(t("segment.again"), icon=":material/play_arrow:", key="segment.again", on_click=_again)


def _again() -> None:
    state.put(_CANCELLED, "")


def _progress_text(work: Work[Any]) -> str:
    if work.steps <= 1:
        return t("segment.working")
    if work.seconds_left is None:
        return t("segment.working.tile", done=work.done, of=work.steps)
    left = request.seconds_text(work.seconds_left)
    return t("segment.working.left", done=work.done, of=work.steps, left=left)


def _draw(
    image: Image, chosen: SegmentRequest, prediction: Prediction, view: DeltaGenerator, line: DeltaGenerator
) -> None:
    with view:
        clicked = prediction_viewer.show(
            image,
            prediction,
            name=cache.key_of(image, chosen),
            title=pickers.title_of(chosen.model),
            ground_truth=ground_truth.fitting(image, prediction),
            note=ground_truth.remark(image, prediction),
            ask_pixel=True,
            key="segment.viewer",
        )
    with line:
        _facts(prediction)
    method.begin_at(image, chosen, clicked)
    why.show(image, chosen.model, clicked)


@contextmanager
def _waiting(view: DeltaGenerator, line: DeltaGenerator) -> Iterator[None]:
    """Placeholder during the computation: a skeleton in the place of the viewer at the first time.

    Later the old image stays and the line under it shows a spinner, so that nothing jumps.
    """
    if state.first_time("segment.viewer"):
        with view.skeleton(height=560):
            yield
    else:
        with line, st.spinner(t("segment.working")):
            yield


def _facts(prediction: Prediction) -> None:
    """One line: how the photo was predicted."""
    height, width = prediction.working_size
    facts = t(
        "segment.facts",
        seconds=f"{prediction.seconds:.2f}",
        width=width,
        height=height,
        tiles=t_count("segment.tiles", prediction.tiles),
        engine=plain(prediction.engine),
    )
    st.caption(facts)
