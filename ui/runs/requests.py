"""Buttons for what can be asked of a run."""

import streamlit as st

from segcore.runs import REQUESTS, Request, Run, Summary, resume
from ui.text import t

_ICONS: dict[Request, str] = {
    "stop": ":material/stop:",
    "stop_after_epoch": ":material/last_page:",
    "pause": ":material/pause:",
}


def buttons(run: Run, facts: Summary) -> None:
    """What can be asked of the run in its state; each button says what it keeps."""
    waits = facts.state == "queued" and run.last("state") is not None  # for its device
    for request in REQUESTS if facts.state in ("running", "starting") else REQUESTS[:1] if waits else ():
        if st.button(
            t(f"runs.ask.{request}"),
            icon=_ICONS[request],
            help=t(f"runs.ask.{request}.help"),
            key=f"runs.{request}",
        ):
            run.ask(request)
            st.rerun()
    if facts.state in ("paused", "stopped", "failed", "lost") and st.button(
        t("runs.resume"), icon=":material/play_arrow:", help=t("runs.resume.help"), key="runs.resume"
    ):
        resume(run)
        st.rerun()
