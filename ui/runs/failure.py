"""The card of a run that failed or was lost: what happened, the likely cause, what to do, the last words."""

import json

import streamlit as st

from segcore import __version__
from segcore.runs import Run, log_tail
from ui.runs import remedies
from ui.runs.causes import Known, card_of
from ui.text import t
from ui.widgets import frame

_LAST_LINES = 8


def card(run: Run) -> None:
    """Draw the card."""
    known = Known(run)
    told = card_of(known)
    with st.container(border=True, key="failure"):
        st.error(told.happened, icon=":material/error:")
        st.markdown(f"**{t('failure.likely')}** {told.likely}")
        if told.command:
            st.code(told.command, language="bash", wrap_lines=True)
        st.caption(known.place)
        with st.container(horizontal=True, gap="small", key="failure-presses"), frame.sentences():
            for index, press in enumerate(told.presses):
                if press.is_new:
                    remedies.edit_link(run, press.changes, label=press.label)
                elif st.button(
                    press.label,
                    icon=":material/play_arrow:",
                    type="primary" if index == 0 else "secondary",
                    key=f"failure.{index}",
                ):
                    remedies.go_on(run, press.changes)
        tail = "\n".join(log_tail(run.log_path, _LAST_LINES))
        if tail:
            st.caption(t("runs.last_words"))
            st.code(tail, language=None, wrap_lines=True)
        with st.expander(t("failure.details"), icon=":material/info:", key="failure.details"):
            st.code(_details(known), language=None, wrap_lines=True)


def _details(known: Known) -> str:
    """Everything that somebody who is to help would ask for, in English, ready to be copied."""
    run = known.run
    setup = run.last("setup") or {}
    lines = {
        "run": run.name,
        "state": run.status(),
        "cause": known.cause or "unknown",
        "reason": known.word.get("reason", ""),
        "facts": json.dumps(known.facts, ensure_ascii=False) if known.facts else "",
        "device": " ".join(str(setup.get(name, "")) for name in ("device", "device_name", "precision")).strip(),
        "versions": json.dumps(setup.get("versions", {"segcore": __version__})),
        "log": str(run.log_path),
    }
    return "\n".join(f"{name}: {value}" for name, value in lines.items() if value)
