"""The card of a run that failed or was lost: what happened, the likely cause, the last words."""

import streamlit as st

from segcore.runs import Run
from ui.runs.log import log_tail
from ui.runs.summary import Summary
from ui.text import plain, t, translated

CAUSES = ("nan", "out_of_memory", "disk_full", "lost")
"""Causes that say more than the reason does; the texts are ``runs.cause.…``."""


def card(run: Run, facts: Summary) -> None:
    """What happened, why probably, and the last words."""
    with st.container(border=True, key="failure"):
        st.error(
            plain(translated(facts.reason)) if facts.state == "failed" else t("runs.lost", name=plain(run.name)),
            icon=":material/error:",
        )
        cause = "lost" if facts.state == "lost" else facts.cause
        if cause in CAUSES:
            st.markdown(f"**{t('runs.cause')}** {t(f'runs.cause.{cause}')}")
        tail = log_tail(run, lines=8)
        if tail:
            st.caption(t("runs.last_words"))
            st.code(tail, language=None)
