"""The worst images of the last validation: a gallery, and the mask viewer for the one that was chosen.

The scores come out of the events and need nothing else. The pictures are opened from the run's own data, and the mask
is predicted once more, when somebody opens the gallery: only then is torch loaded.
"""
# ruff: noqa: PLC0415

from dataclasses import dataclass
from typing import Any, Literal

import streamlit as st

from segcore.runs import Run
from ui import state
from ui.text import plain, t
from ui.widgets import frame
from ui.widgets.tables import table

SORTS = ("miou", "loss")
Weights = Literal["best", "last"]


@dataclass(frozen=True)
class Row:
    """One image of a ``worst`` event: its index and name in the validation data, and its scores."""

    index: int
    name: str
    miou: float
    loss: float | None


def show(run: Run) -> None:
    """Draw the gallery in an expander, closed at first; nothing where no epoch was validated."""
    event = run.last("worst")
    if event is None or not event["images"]:
        return
    with st.expander(
        t("worst.title"), icon=":material/trending_down:", key="runs.worst", on_change="rerun"
    ) as expander:
        if expander.open:
            gallery(run)


def gallery(run: Run) -> Row | None:
    """Draw the gallery, and return the image that is looked at; None where none can be."""
    event = run.last("worst")
    if event is None or not event["images"]:
        return None
    st.caption(t("worst.about", epoch=event["epoch"] + 1))
    rows = _sorted([Row(each["index"], str(each["name"]), each["miou"], each["loss"]) for each in event["images"]])
    with frame.sentences():
        return _tiles(run, event, rows)
    _names(rows)  # the data is gone, and was told to be: the names and scores still tell something
    return None


def _sorted(rows: list[Row]) -> list[Row]:
    by = st.segmented_control(
        t("worst.sort"),
        SORTS,
        default="miou",
        required=True,
        format_func=lambda each: t(f"worst.sort.{each}"),
        key="worst.sort",
    )
    return sorted(rows, key=lambda row: row.miou if by == "miou" else -(row.loss or 0.0))


def _tiles(run: Run, event: dict[str, Any], rows: list[Row]) -> Row:
    """Thumbnails to press, and below them the chosen image in the viewer."""
    from ui.runs import review

    with st.spinner(t("worst.opening")):
        urls = {row.index: review.thumbnail(run, event["time"], row.index, row.name) for row in rows}
    chosen = state.worst_image(run.name)
    row = next((row for row in rows if row.index == chosen), rows[0])
    faces = "\n".join(
        f".st-key-worst_{index} button {{ background-image: url({url}); }}" for index, url in urls.items()
    )
    st.html(f"<style>{faces}</style>")
    with st.container(horizontal=True, gap="small", key="worst_tiles"):
        for each in rows:
            st.button(
                t("worst.tile", miou=_three(each.miou), loss=_three(each.loss)),
                key=f"worst_{each.index}",
                help=plain(each.name),
                type="primary" if each is row else "secondary",
                on_click=state.look_at_worst,
                args=(run.name, each.index),
            )
    review.show(run, row, _weights(run))
    return row


def _weights(run: Run) -> Weights:
    """The last weights, which the scores belong to, or the best ones; asked only where there are both."""
    there: list[Weights] = [which for which in ("last", "best") if run.checkpoint_path(which).exists()]
    if len(there) < 2:
        return there[0] if there else "last"
    chosen: Weights = st.segmented_control(
        t("worst.weights"),
        there,
        default="last",
        required=True,
        format_func=lambda each: t(f"worst.weights.{each}"),
        key="worst.weights",
    )
    return chosen


def _names(rows: list[Row]) -> None:
    table(
        t("worst.title"),
        [t("worst.image"), t("metric.miou"), t("worst.loss")],
        [[row.name, _three(row.miou), _three(row.loss)] for row in rows],
        numbers=(1, 2),
    )


def _three(value: float | None) -> str:
    return "—" if value is None else f"{value:.3f}"
