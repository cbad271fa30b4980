"""Opens the lesson "why" with the worst image at its most wrong pixel, and leads back to the capstone."""

from typing import Literal

import cv2
import numpy as np
import streamlit as st
from numpy.typing import NDArray

from segcore.errors import NotAvailable
from segcore.runs import Run
from segcore.types import IGNORE
from ui import cache, links, network_cache, state
from ui.learn import frame, pixel_picker
from ui.learn.capstone import checklist
from ui.learn.controls import set_values
from ui.learn.lessons import why
from ui.segment_request import ModelChoice, SegmentRequest
from ui.text import t
from ui.widgets import photos

LESSON = why.LESSON.name


def open_lesson(run: Run, index: int, name: str) -> None:
    """Keep the weights, add the image to the photos, and set the lesson's controls; its result is hidden again.

    The image has this index and name in the validation data of the run.

    Raises:
        SegcoreError: data or weights are gone, or the weights cannot be kept.
    """
    from segcore.checkpoint import CheckpointRef, keep_checkpoint, list_checkpoints  # noqa: PLC0415 - brings torch
    from segcore.train.review import validation_sample  # noqa: PLC0415 - likewise
    from ui.widgets import sample_photo  # noqa: PLC0415 - likewise

    which = checklist.weights(run)
    if which is None:
        raise NotAvailable(t("capstone.why.no_weights", name=run.name))
    sample = validation_sample(network_cache.validation_data(run), index, name)
    photo = sample_photo.as_photo(sample)
    source, network = run.checkpoint_path(which), network_name(run)
    if not any(reference.name == network for reference, _ in list_checkpoints()):
        keep_checkpoint(source, network)
        state.put(f"runs.kept.{run.name}", network)
    choice = ModelChoice(f"{run.name} {which}", "checkpoint", CheckpointRef.of(source))
    prediction = cache.segment(photo.decoded(), SegmentRequest(choice))
    wrong = (prediction.labels != sample.labels) & (sample.labels != IGNORE)
    pixel = pixel_picker.place_of(most_wrong_pixel(wrong), wrong.shape)
    photos.own()[photo.image_id] = photo
    set_values(LESSON, why.LESSON.defaults | {"photo": photo.image_id, "network": network, "pixel": pixel})
    frame.hide(LESSON)
    checklist.note(run.name, photo=photo.image_id, asked=False)
    state.set_address(lesson=LESSON, run=None, step=None)


def network_name(run: Run) -> str:
    """The name under which the weights of a run are kept for the lesson."""
    return f"capstone-{run.name}"[:64]


def most_wrong_pixel(wrong: NDArray[np.bool_]) -> tuple[int, int]:
    """The (row, col) farthest from any correct pixel and from the border; the centre if nothing is wrong."""
    if not wrong.any():
        return wrong.shape[0] // 2, wrong.shape[1] // 2
    padded = np.pad(wrong, 1).astype(np.uint8)
    depth = cv2.distanceTransform(padded, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)[1:-1, 1:-1]
    row, col = np.unravel_index(int(depth.argmax()), depth.shape)
    return int(row), int(col)


def return_bar(lesson: str) -> None:
    """Draw the way back above the lesson while it shows the image of the capstone; its result completes the step."""
    run = checklist.chosen_run()
    photo = checklist.notes_on(run).photo if run is not None else ""
    if run is None or not photo or lesson != LESSON or state.widget(f"learn.{lesson}.photo") != photo:
        return
    is_open = bool(state.get(f"learn.{lesson}.open", False))
    if is_open:
        checklist.note(run, asked=True)
    with st.container(horizontal=True, vertical_alignment="center", key="capstone_way"):
        st.caption(t("capstone.why.seen") if is_open else t("capstone.why.here"), width="content")
        kind: Literal["primary", "secondary"] = "primary" if is_open else "secondary"
        st.button(t("capstone.back"), icon=":material/flag:", type=kind, key="capstone.back", on_click=_return)


def _return() -> None:
    controls = (*why.LESSON.controls, *why.LESSON.more)
    state.set_address(**{control.name: None for control in controls}, lesson=links.CAPSTONE)
