"""The worst images of the last validation: thumbnails, and the mask viewer for the selected one.

The scores are in the events and need nothing else. The images are read from the data of the run, and the mask is
predicted anew when the gallery is opened: only then is torch imported.
"""

from dataclasses import dataclass
from typing import Any, Literal

import streamlit as st

from segcore.formatting import score
from segcore.runs import Run
from ui import state
from ui.text import plain, t
from ui.widgets import frame, image_strip, view_tabs
from ui.widgets.image_strip import Face
from ui.widgets.tables import table

SORTS = ("miou", "loss")


@dataclass(frozen=True)
class WorstImage:
    """One image of a ``worst`` event: its index and name in the validation data, and its scores."""

    index: int
    name: str
    miou: float
    loss: float | None


def show(run: Run) -> None:
    """Draw the gallery in an expander, closed at first; nothing if no epoch was validated."""
    event = run.last("worst")
    if event is None or not event["images"]:
        return
    with st.expander(
        t("worst.title"), icon=":material/trending_down:", key="runs.worst", on_change="rerun"
    ) as expander:
        if expander.open:
            gallery(run)


def gallery(run: Run) -> WorstImage | None:
    """Draw the gallery, and return the selected image; None if there is none, or its data is gone."""
    event = run.last("worst")
    if event is None or not event["images"]:
        return None
    st.caption(t("worst.about", epoch=event["epoch"] + 1))
    images = [WorstImage(each["index"], str(each["name"]), each["miou"], each["loss"]) for each in event["images"]]
    by = view_tabs.select(t("worst.sort"), SORTS, lambda each: t(f"worst.sort.{each}"), key="worst.sort")
    images.sort(key=lambda image: image.miou if by == "miou" else -(image.loss or 0.0))
    with frame.sentences():
        return _thumbnails(run, event, images)
    _names(images)  # the data is gone, which the message states: names and scores are still useful
    return None


def _thumbnails(run: Run, event: dict[str, Any], images: list[WorstImage]) -> WorstImage:
    from ui.widgets import worst_viewer  # noqa: PLC0415 - brings torch

    with st.spinner(t("worst.opening")):
        faces = [
            Face(
                image.index,
                worst_viewer.thumbnail(run, event["time"], image.index, image.name),
                t("worst.tile", miou=score(image.miou), loss=score(image.loss)),
                plain(image.name),
            )
            for image in images
        ]
    key = f"runs.worst.{run.name}"
    chosen = state.get(key, -1)
    selected = next((image for image in images if image.index == chosen), images[0])
    image_strip.draw(
        faces, chosen=selected.index, on_choose=lambda index: state.put(key, index), key="worst", style="faces"
    )
    worst_viewer.show(run, selected.index, selected.name, selected.miou, _weights(run))
    return selected


def _weights(run: Run) -> Literal["last", "best"]:
    """The last weights, which the scores belong to, or the best ones; a choice only if there are both."""
    there: list[Literal["last", "best"]] = [which for which in ("last", "best") if run.checkpoint_path(which).exists()]
    if len(there) < 2:
        return there[0] if there else "last"
    return view_tabs.select(t("worst.weights"), there, lambda each: t(f"worst.weights.{each}"), key="worst.weights")


def _names(images: list[WorstImage]) -> None:
    table(
        t("worst.title"),
        [t("worst.image"), t("metric.miou"), t("worst.loss")],
        [[image.name, score(image.miou), score(image.loss)] for image in images],
        numbers=(1, 2),
    )
