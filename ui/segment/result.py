"""The prediction of a photo in the viewer, with a line of facts."""

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from segcore.types import Image, Prediction
from ui import cache, state
from ui.segment import ground_truth, method, why
from ui.segment_request import SegmentRequest
from ui.text import plain, t, t_count, translated
from ui.widgets import pickers, prediction_viewer


def show(image: Image, request: SegmentRequest) -> Prediction:
    """Compute and draw the prediction, and return it; errors are those of `cache.segment`."""
    view, line = st.container(), st.empty()
    with _waiting(view, line):
        prediction = cache.segment(image, request)
    with view:
        clicked = prediction_viewer.show(
            image,
            prediction,
            name=cache.key_of(image, request),
            title=pickers.title_of(request.model),
            ground_truth=ground_truth.fitting(image, prediction),
            ask_pixel=True,
            key="segment.viewer",
        )
    with line:
        _facts(image, prediction)
    method.begin_at(image, request, clicked)
    why.show(image, request.model, clicked)
    return prediction


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


def _facts(image: Image, prediction: Prediction) -> None:
    """One line: how the photo was predicted, and what was done to it while it was read."""
    height, width = prediction.working_size
    facts = t(
        "segment.facts",
        seconds=f"{prediction.seconds:.2f}",
        width=width,
        height=height,
        tiles=t_count("segment.tiles", prediction.tiles),
        engine=plain(prediction.engine),
    )
    st.caption(" · ".join([facts, *(plain(translated(note)) for note in image.notes)]))
