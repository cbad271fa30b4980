"""The card of a run that failed or was lost: the advice, where it would resume, and the end of its log."""

import json

import streamlit as st

from segcore import __version__
from segcore.coach import failure_advice, resume_point
from segcore.runs import Run, log_tail
from ui.text import t
from ui.widgets import advice_card

_LAST_LINES = 8


def card(run: Run) -> None:
    """Draw the card."""
    with st.container(border=True):
        advice_card.draw(failure_advice(run), key="failure", run=run)
        st.caption(place(run))
        tail = "\n".join(log_tail(run.log_path, _LAST_LINES))
        if tail:
            st.caption(t("runs.last_words"))
            st.code(tail, language=None, wrap_lines=True)
        with st.expander(t("failure.details"), icon=":material/info:", key="failure.details"):
            st.code(_details(run), language=None, wrap_lines=True)


def place(run: Run) -> str:
    """Where the run would resume."""
    point = resume_point(run)
    if point is None:
        return t("failure.resume.beginning")
    epochs, steps = point
    if epochs is None:
        return t("failure.resume.known")
    if steps:
        return t("failure.resume.within", epoch=epochs + 1, step=steps)
    return t("failure.resume.after", epoch=epochs)


def _details(run: Run) -> str:
    """Everything that a bug report needs, in English, ready to be copied."""
    record, setup = run.last("state") or {}, run.last("setup") or {}
    facts = record.get("facts")
    lines = {
        "run": run.name,
        "state": run.status(),
        "cause": run.cause() or "unknown",
        "reason": record.get("reason", ""),
        "facts": json.dumps(facts, ensure_ascii=False) if facts else "",
        "device": " ".join(str(setup.get(name, "")) for name in ("device", "device_name", "precision")).strip(),
        "versions": json.dumps(setup.get("versions", {"segcore": __version__})),
        "log": str(run.log_path),
    }
    return "\n".join(f"{name}: {value}" for name, value in lines.items() if value)
