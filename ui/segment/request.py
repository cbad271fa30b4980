"""Choose a model and its settings → the request for a prediction. The photo is chosen in gallery.py."""

import streamlit as st

from segcore.classical import METHODS
from ui.segment import method
from ui.segment_request import DETAILS, MIDDLE, Detail, Percent, SegmentRequest
from ui.text import t
from ui.widgets import pickers, view_tabs


def request() -> SegmentRequest:
    """Draw the choice of a model and of its settings."""
    chosen = pickers.model()
    if chosen.kind == "classical":
        settings = method.parameters(chosen.name)
        around = _around() if METHODS[chosen.name].takes_rectangle else None
        return SegmentRequest(chosen, around=around, settings=settings)
    method.forget_address()
    return SegmentRequest(chosen, _detail())


def _detail() -> Detail:
    """Draw the choice of the working resolution."""
    return view_tabs.choose(
        DETAILS,
        key="segment.detail",
        word="detail",
        default="standard",
        label=t("segment.detail"),
        named=lambda name: t(f"detail.{name}"),
        help=t("segment.detail.help"),
        label_visibility="visible",
        width="stretch",
    )


def _around() -> Percent | None:
    """Draw the choice of a rectangle around the object, for a method without a network."""
    if not st.toggle(t("segment.around"), help=t("segment.around.help"), key="segment.around"):
        return None
    top, bottom = st.slider(t("segment.rows"), 0, 100, (MIDDLE[0], MIDDLE[2]), format="%d %%", key="segment.rows")
    left, right = st.slider(t("segment.cols"), 0, 100, (MIDDLE[1], MIDDLE[3]), format="%d %%", key="segment.cols")
    return (top, left, bottom, right)
