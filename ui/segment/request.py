"""Choose a model and its settings → the request for a prediction. The photo is chosen in gallery.py."""

import math
from collections.abc import Mapping

import streamlit as st

from segcore import formatting
from segcore.checkpoint import CheckpointCard
from segcore.classical import METHODS
from segcore.inference import estimated_seconds
from segcore.types import Image
from ui import cache, state
from ui.segment import method
from ui.segment_request import DETAILS, MIDDLE, Detail, ModelChoice, Percent, SegmentRequest
from ui.text import t
from ui.warm_up import RUNNING
from ui.widgets import pickers

_DETAIL = "segment.detail"
_WANTED = "segment.detail.wanted"
_UNMEASURED = "segment.detail.unmeasured"
_FAR = 2
"""An input more than this many times as large as in training is far from it."""


def request(image: Image) -> SegmentRequest:
    """Draw the choice of a model and of its settings for a photo."""
    chosen = pickers.model()
    card = pickers.card_of(chosen)
    if card is None:
        settings = method.parameters(chosen.name)
        around = _around() if METHODS[chosen.name].takes_rectangle else None
        return SegmentRequest(chosen, around=around, settings=settings)
    method.forget_address()
    return SegmentRequest(chosen, _detail(card, (image.rgb.shape[0], image.rgb.shape[1])))


def draw_measured_times(model: ModelChoice) -> None:
    """Run the page again if the times beside the sizes were unknown when they were drawn and are measured now."""
    if model.kind != "classical" and state.get(_UNMEASURED, False):
        state.put(_UNMEASURED, False)
        st.rerun()


def seconds_text(seconds: float) -> str:
    """An estimated time: 0.3 s, 12 s, 2 min."""
    return t("time.seconds", seconds=f"{max(seconds, 0.1):.1f}") if seconds < 10 else formatting.duration(seconds, t)


def _detail(card: CheckpointCard, size: tuple[int, int]) -> Detail:
    """Draw the sizes of the network's input, each with its time on this computer."""
    offered = cache.sizes_for(card, size)
    times = {detail: estimated_seconds(card, size, side) for detail, side in offered.items()}
    state.put(_UNMEASURED, None in times.values())
    wanted = _wanted()
    nearest = _nearest(wanted, offered, max(size))
    if state.widget(_DETAIL) != nearest:
        state.set_widget(_DETAIL, nearest)

    def is_far(detail: Detail) -> bool:
        return card.working_side is not None and offered[detail] > _FAR * card.working_side

    def about(detail: Detail) -> str:
        time = time_text(times[detail])
        return t("segment.detail.far_time", time=time, times=_times(card, offered[detail])) if is_far(detail) else time

    chosen: Detail = st.radio(
        t("segment.detail"),
        list(offered),
        format_func=lambda detail: _size_text(detail, offered[detail], max(size)),
        captions=[about(detail) for detail in offered],
        key=_DETAIL,
        on_change=_choose,
        help=t("segment.detail.help"),
        persist_state="session",
    ) or "standard"  # fmt: skip
    state.set_address(detail=None if chosen == "standard" else chosen)
    with st.container():
        if offered[chosen] != _side(wanted, offered, max(size)):
            st.caption(t(f"segment.detail.nearest.{wanted}", side=offered[chosen]))
        if is_far(chosen):
            times_text = _times(card, offered[chosen])
            st.warning(t("segment.detail.far", times=times_text, trained=card.working_side), icon=":material/warning:")
    return chosen


def _choose() -> None:
    if not state.is_fragment_run():  # a poll with the value of before
        state.put(_WANTED, state.widget(_DETAIL))


def _wanted() -> Detail:
    """The visitor's last choice, which stays for further photos where one of them lacks this size."""
    requested = state.requested("detail")
    if requested in DETAILS:
        state.put(_WANTED, requested)
    wanted: Detail = state.get(_WANTED, "standard")
    return wanted


def _side(detail: Detail, offered: Mapping[Detail, int], longest: int) -> int:
    """The side in pixels that a size has wherever it is offered."""
    own = offered["standard"]
    return {"fast": own // 2, "standard": own, "fine": own * 2, "full": longest}[detail]


def _nearest(wanted: Detail, offered: Mapping[Detail, int], longest: int) -> Detail:
    """The size itself, else the nearest one; who wants more than in training gets no less."""
    if wanted in offered:
        return wanted
    least = 0 if wanted == "fast" else offered["standard"]
    fitting = [detail for detail, side in offered.items() if side >= least]
    return min(fitting, key=lambda detail: abs(math.log(offered[detail] / _side(wanted, offered, longest))))


def time_text(seconds: float | None) -> str:
    """The estimated time of a size; None while it is unknown."""
    if seconds is not None:
        return t("segment.detail.time", time=seconds_text(seconds))
    return t("segment.detail.measuring") if RUNNING.is_set() else t("segment.detail.unknown")


def _size_text(detail: Detail, side: int, longest: int) -> str:
    if detail == "standard":
        return t("detail.standard", side=side)
    return t("detail.full", side=side) if side == longest else t("detail.other", side=side)


def _times(card: CheckpointCard, side: int) -> str:
    return f"{side / (card.working_side or side):.2g}" if card.working_side else "1"


def _around() -> Percent | None:
    """Draw the choice of a rectangle around the object, for a method without a network."""
    if not st.toggle(t("segment.around"), help=t("segment.around.help"), key="segment.around"):
        return None
    top, bottom = st.slider(t("segment.rows"), 0, 100, (MIDDLE[0], MIDDLE[2]), format="%d %%", key="segment.rows")
    left, right = st.slider(t("segment.cols"), 0, 100, (MIDDLE[1], MIDDLE[3]), format="%d %%", key="segment.cols")
    return (top, left, bottom, right)
