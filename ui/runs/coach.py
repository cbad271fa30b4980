"""What the coach says of a run: cards in plain words, each with what could be tried."""

from functools import lru_cache
from pathlib import Path

import streamlit as st

from segcore.coach import Advice, Remedy, coach
from segcore.coach.advice import Severity
from segcore.runs import Run, Summary, extend, run_at, summary
from ui import links
from ui.runs import remedies
from ui.text import plain, t
from ui.widgets import frame

_EVERY_SECONDS = 20.0
_ICONS: dict[Severity, str] = {
    "bad": ":material/error:",
    "warning": ":material/warning:",
    "note": ":material/lightbulb:",
}
_ANEW_SECONDS = 20
"""All events are read for an advice, so it is not worked out more often than this, however short the epochs are."""
_STEPS_ANEW_SECONDS = 60
"""Before the first validation the steps alone are looked at, and not more often than this."""


def show(run: Run, facts: Summary) -> None:
    """Draw the advice; it follows the run while that is active."""
    st.subheader(t("coach.title"), anchor=False)
    frame.fragment(_cards, run_every=_EVERY_SECONDS if facts.is_active else None)(run)


def _cards(run: Run) -> None:
    with frame.sentences():
        facts = summary(run)
        found = _advice(str(run.path), _stamp(run), facts.state)
        for advice in found:
            _card(run, facts, advice)
        if not found:
            st.caption(t("coach.quiet") if facts.done >= 3 else t("coach.early"))


def _stamp(run: Run) -> float:
    """Changes when there may be something new to say."""
    validation = run.last("val")
    if validation is not None:
        return float(validation["time"]) // _ANEW_SECONDS
    return float((run.last("step") or {}).get("time", 0.0)) // _STEPS_ANEW_SECONDS


@lru_cache(maxsize=64)
def _advice(path: str, _stamp: float, _state: str) -> list[Advice]:
    """All events are read for it, so it is worked out once after each validation and not for every tab."""
    return coach(run_at(Path(path)))


def _card(run: Run, facts: Summary, advice: Advice) -> None:
    numbers = {name: plain(value) if isinstance(value, str) else value for name, value in advice.numbers.items()}
    with st.container(border=True, key=f"coach-{advice.rule}"):
        st.markdown(
            f"{_ICONS[advice.severity]} **{t(f'coach.severity.{advice.severity}')}** · "
            f"{t(f'coach.says.{advice.rule}', **numbers)}"
        )
        for index, remedy in enumerate(advice.remedies):
            with st.container(horizontal=True, vertical_alignment="center", gap="small"), frame.sentences():
                _remedy(run, facts, remedy, key=f"coach.{advice.rule}.{index}")
        _lesson(advice.lesson)


def _lesson(key: str) -> None:
    """A link to the lesson that explains it, "L12" for lesson 12, where there is one."""
    name = next((name for name in links.LESSONS if f"L{links.lesson_number(name)}" == key), None)
    if name is not None:
        label = t("coach.lesson", number=links.lesson_number(name), title=t(f"lesson.{name}.title"))
        links.lesson(name).draw(label, icon=":material/school:")


def _remedy(run: Run, facts: Summary, remedy: Remedy, *, key: str) -> None:
    if remedy.way == "extend":
        more = remedy.changes["epochs"]
        if not facts.is_active and st.button(t("coach.extend", epochs=more), icon=":material/play_arrow:", key=key):
            extend(run, more)
            st.rerun()
        return
    st.markdown(f"{t('coach.try')} **{plain(remedies.label(remedy.changes))}**", width="content")
    if st.button(t("coach.start"), icon=":material/play_arrow:", help=_help(remedy), key=key):
        remedies.clone(run, remedy.changes)
    remedies.edit_link(run, remedy.changes)


def _help(remedy: Remedy) -> str:
    return f"{plain(remedies.words(remedy.changes))}\n\n{t('coach.start.help')}"
