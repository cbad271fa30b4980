"""Ticks with which the user accepts problems of a dataset, so that a training or an evaluation starts all the same."""

from collections.abc import Collection, Iterable

import streamlit as st

from segcore.advice import Advice
from segcore.data.precheck import ACCEPTABLE
from segcore.errors import Message, read_reason
from segcore.runs import Run
from ui import state
from ui.text import plain, spoken, t
from ui.widgets import advice_card


def accepted(data: Iterable[str]) -> list[str]:
    """The kinds of problems that are accepted for these datasets."""
    kinds: list[str] = state.get(_key(data), [])
    return kinds


def cards(reason: Message, *, key: str) -> None:
    """Draw the problems at which a start stopped (`segcore.data.precheck.UnsoundData`), one card each."""
    for each in reason.facts["findings"]:
        advice = Advice.from_json(each)
        advice_card.draw(advice, key=f"{key}.unsound.{advice.name}")


def draw(data: Collection[str], found: Collection[str], *, key: str) -> None:
    """Draw a tick for every kind among ``found`` that can be accepted, and for those that are."""
    before = accepted(data)
    for kind in ACCEPTABLE:
        if kind not in found and kind not in before:
            continue
        what = Advice(f"doctor.{kind}", "error").wording("what", spoken(), plain)
        tick = f"{key}.accept.{kind}.{_key(data)}"
        state.set_widget(tick, kind in before)  # the same tick may be at two places of a page
        st.checkbox(t("precheck.accept", what=what), key=tick, on_change=_change, args=(tuple(data), kind))


def _change(data: tuple[str, ...], kind: str) -> None:
    before = accepted(data)
    state.put(_key(data), [each for each in before if each != kind] if kind in before else [*before, kind])


def draw_of_job(job: Run | None, data: Collection[str], *, key: str) -> None:
    """As `cards` and `draw`, for the problems at which a job stopped; `job_panel` leaves them to this."""
    reason = read_reason((job.last("state") if job else None) or {})
    kinds: Collection[str] = ()
    if isinstance(reason, Message) and "findings" in reason.facts:
        kinds = reason.facts["kinds"]
        cards(reason, key=key)
    draw(data, kinds, key=key)


def _key(data: Iterable[str]) -> str:
    return f"accepted.{' '.join(data)}"
