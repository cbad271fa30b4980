"""The worst image on its way to lesson 16, asked about where the network is most wrong; and the way back from there."""

import cv2
import numpy as np
import streamlit as st
from numpy.typing import NDArray

from segcore.errors import NotAvailable
from segcore.runs import Run
from segcore.types import IGNORE
from ui import cache, state
from ui.learn.capstone import taken
from ui.learn.capstone.standing import weights
from ui.learn.controls import set_values
from ui.learn.lessons import why
from ui.learn.place import PER_MILLE
from ui.segment_request import ModelChoice, SegmentRequest
from ui.text import t
from ui.widgets import frame, photos


def send(run: Run, index: int, name: str) -> None:
    """Keep the weights under the run's name, take the image along, and open lesson 16 at its worst place, veiled.

    Args:
        run: that was trained.
        index: of the image in the validation data.
        name: of the image there.

    Raises:
        SegcoreError: data or weights are gone, or the weights cannot be kept.
    """
    from segcore.checkpoint import CheckpointRef, keep_checkpoint, list_checkpoints  # noqa: PLC0415 - brings torch
    from segcore.train.review import validation_sample  # noqa: PLC0415 - likewise
    from ui.widgets import worst_viewer  # noqa: PLC0415 - likewise

    which = weights(run)
    if which is None:
        raise NotAvailable(t("capstone.why.no_weights", name=run.name))
    sample = validation_sample(cache.validation_data(run), index, name)
    photo = worst_viewer.as_photo(sample)
    source = run.checkpoint_path(which)
    network = network_name(run)
    if not any(reference.name == network for reference, _ in list_checkpoints()):
        keep_checkpoint(source, network)
        state.put(f"runs.kept.{run.name}", network)
    image = photo.decoded()
    found = cache.segment(
        image, SegmentRequest(ModelChoice(f"{run.name} {which}", "checkpoint", CheckpointRef.of(source)))
    )
    row, col = worst_place((found.labels != sample.labels) & (sample.labels != IGNORE))
    height, width = sample.labels.shape
    pixel = (round(PER_MILLE * row / max(1, height - 1)), round(PER_MILLE * col / max(1, width - 1)))
    photos.own()[photo.image_id] = photo
    lesson = why.LESSON
    set_values(lesson.name, lesson.defaults | {"photo": photo.image_id, "network": network, "pixel": pixel})
    state.put(f"learn.{lesson.name}.open", False)  # guess again: this is another image
    state.put(f"learn.{lesson.name}.verdict", None)
    taken.note(run.name, photo=photo.image_id, asked=False)
    state.set_address(lesson=lesson.name, run=None, step=None)


def network_name(run: Run) -> str:
    """The name under which the weights are kept for lesson 16; one for each run."""
    return f"capstone-{run.name}"[:64]


def worst_place(wrong: NDArray[np.bool_]) -> tuple[int, int]:
    """The pixel that lies deepest in what is wrong: a place that is wrong all around. The middle where nothing is."""
    if not wrong.any():
        return wrong.shape[0] // 2, wrong.shape[1] // 2
    framed = np.pad(wrong, 1).astype(np.uint8)  # the rim of the picture is an edge too
    depth = cv2.distanceTransform(framed, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)[1:-1, 1:-1]
    row, col = np.unravel_index(int(depth.argmax()), depth.shape)
    return int(row), int(col)


def along_the_way(lesson: str) -> None:
    """Above lesson 16, while it looks at the image of the capstone: note that it was asked, and lead back."""
    run = taken.chosen()
    photo = taken.of(run).photo if run is not None else ""
    if run is None or not photo or lesson != why.LESSON.name or state.widget(f"learn.{lesson}.photo") != photo:
        return
    is_seen = bool(state.get(f"learn.{lesson}.open", False))
    if is_seen:
        taken.note(run, asked=True)
    with st.container(horizontal=True, vertical_alignment="center", key="capstone_way"):
        st.caption(t("capstone.why.seen") if is_seen else t("capstone.why.here"), width="content")
        st.button(
            t("capstone.back"),
            icon=":material/flag:",
            type="primary" if is_seen else "secondary",
            key="capstone.back",
            on_click=_back,
        )


def _back() -> None:
    controls = (*why.LESSON.controls, *why.LESSON.more)
    state.set_address(**{control.name: None for control in controls}, lesson="capstone")


def link() -> None:
    """The way to the capstone from anywhere in Learn."""
    st.page_link(
        frame.PAGES / "learn.py",
        label=t("capstone.title"),
        icon=":material/flag:",
        query_params={"lesson": "capstone"},
    )
