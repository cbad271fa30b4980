"""Ticks with which the user accepts problems of a dataset, so that a training or an evaluation starts all the same."""

from collections.abc import Collection, Iterable

import streamlit as st

from segcore.advice import Advice
from segcore.data.precheck import ACCEPTABLE
from segcore.errors import Message, read_reason
from segcore.runs import Run
from ui import state
from ui.text import plain, spoken, t


def accepted(data: Iterable[str]) -> list[str]:
    """The kinds of problems that are accepted for these datasets."""
    kinds: list[str] = state.get(_key(data), [])
    return kinds


def draw(data: Collection[str], found: Collection[str], *, key: str) -> None:
    """Draw a tick for every kind among ``found`` that can be accepted, and for those that are."""
    before = accepted(data)
    now = []
    for kind in ACCEPTABLE:
        if kind not in found and kind not in before:
            continue
        what = Advice(f"doctor.{kind}", "error").wording("what", spoken(), plain)
        if st.checkbox(t("precheck.accept", what=what), value=kind in before, key=f"{key}.accept.{kind}.{_key(data)}"):
            now.append(kind)
    if now != before:
        state.put(_key(data), now)
        st.rerun()


def draw_of_job(job: Run | None, data: Collection[str], *, key: str) -> None:
    """As `draw`, for the problems at which a job stopped."""
    reason = read_reason((job.last("state") if job else None) or {})
    draw(data, reason.facts.get("kinds", ()) if isinstance(reason, Message) else (), key=key)


def _key(data: Iterable[str]) -> str:
    return f"accepted.{' '.join(data)}"
