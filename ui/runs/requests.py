"""Buttons that pause, stop, resume or extend a run."""

import streamlit as st

from segcore.runs import REQUESTS, Request, Run, Summary, extend, resume
from ui.text import t

_MOST_EPOCHS = 100_000

_ICONS: dict[Request, str] = {
    "stop": ":material/stop:",
    "stop_after_epoch": ":material/last_page:",
    "pause": ":material/pause:",
}


def buttons(run: Run, facts: Summary) -> None:
    """Draw the buttons for the state of the run; the help of each states what is kept."""
    waits = facts.state == "queued" and run.last("state") is not None  # for its device
    is_asked = facts.state == "stopping"  # the buttons stay: what was pressed must not vanish
    for request in REQUESTS if is_asked or facts.state in ("running", "starting") else REQUESTS[:1] if waits else ():
        if st.button(
            t(f"runs.ask.{request}"),
            icon=_ICONS[request],
            help=t(f"runs.ask.{request}.help"),
            key=f"runs.{request}",
            disabled=is_asked,
        ):
            run.request(request)
            st.rerun()
    if is_asked and facts.requested:
        when = facts.requested == "pause" and _validates(run)
        st.caption(t("runs.asked.pause.validation") if when else t(f"runs.asked.{facts.requested}"), width="content")
    if facts.state in ("paused", "stopped", "failed", "lost") and st.button(
        t("runs.resume"), icon=":material/play_arrow:", help=t("runs.resume.help"), key="runs.resume"
    ):
        resume(run)
        st.rerun()
    if not facts.is_active:
        _extend(run, facts)


def _validates(run: Run) -> bool:
    """Whether the run is validating, which a pause waits for: no step follows the last one of its epoch."""
    setup, step, validation, validating = run.last_each("setup", "step", "val", "validating")
    steps_per_epoch = setup.get("steps_per_epoch") or 0
    if validating.get("time", 0.0) > max(step.get("time", 0.0), validation.get("time", 0.0)):
        return True
    done = step.get("step", 0) + 1
    return bool(steps_per_epoch and done % steps_per_epoch == 0 and step.get("time", 0.0) > validation.get("time", 0.0))


def _extend(run: Run, facts: Summary) -> None:
    with st.popover(t("runs.extend"), icon=":material/add:"), st.form(key="runs.extend.form", border=False):
        st.caption(t("runs.extend.about", epochs=facts.epochs))
        half = min(max(1, facts.epochs // 2), _MOST_EPOCHS)
        epochs = st.number_input(t("runs.extend.epochs"), 1, _MOST_EPOCHS, half, key="runs.epochs")
        if st.form_submit_button(t("runs.extend.now"), type="primary"):
            extend(run, int(epochs))
            st.rerun()
