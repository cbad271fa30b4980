"""The button that validates a configuration and starts its run; the same as a command line and as JSON."""

import json

import streamlit as st

from segcore.runs import new_run, start
from segcore.train import TrainConfig
from segcore.train.checks.validation import problems
from ui import links
from ui.text import t
from ui.train.command import command_line
from ui.train.form import show_problems
from ui.widgets import frame


def button(config: TrainConfig) -> None:
    """Draw the button. A press starts the run and opens its page, or shows all problems."""
    if not st.button(t("train.start"), type="primary", icon=":material/play_arrow:", key="train.start"):
        return
    with st.spinner(t("train.checking")):
        found = problems(config)
    if found:
        show_problems(found)
        if config.data:
            links.data_doctor(config.data[0]).draw(t("train.doctor"), icon=":material/health_and_safety:")
        return
    with frame.sentences(stop=True):
        run = new_run(config.to_json())
        start(run)
    links.run(run.name).open()


def show_command(config: TrainConfig) -> None:
    """Show the configuration as a command line and as JSON."""
    st.caption(t("train.command"))
    st.code(command_line(config), language="bash", wrap_lines=True)
    with st.expander(t("train.json")):
        st.code(json.dumps(config.to_json(), indent=2, ensure_ascii=False), language="json", height=420)
