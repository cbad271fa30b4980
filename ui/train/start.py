"""The button that validates a configuration and starts its run; the same as a command line and as JSON."""

import json

import streamlit as st

from segcore.errors import Message
from segcore.runs import new_run, start
from segcore.train import TrainConfig
from segcore.train.checks.validation import problems
from ui import links, state
from ui.text import t
from ui.train.command import command_line
from ui.train.form import show_problems
from ui.widgets import accepted_problems, frame


def button(config: TrainConfig) -> None:
    """Draw the button. A press starts the run and opens its page, or shows all problems."""
    data = (*config.data, *config.val_data)
    if st.button(t("train.start"), type="primary", icon=":material/play_arrow:", key="train.start"):
        with st.spinner(t("train.checking")):
            found = problems(config, accepted_problems.accepted(data))
        if not found:
            with frame.sentences(stop=True):
                run = new_run(config.to_json())
                start(run)
            links.run(run.name).open()
        state.put("train.found", (data, found))
    of, found = state.get("train.found", ((), []))
    if found and of == data:
        _show(found, data)


def _show(found: list[Message], data: tuple[str, ...]) -> None:
    """Show the problems of the last press: those of the data as advice, with a tick for what may be accepted."""
    others = [each for each in found if "findings" not in each.facts]
    if others:
        show_problems(others)
    kinds: set[str] = set()
    for number, unsound in enumerate(each for each in found if "findings" in each.facts):
        accepted_problems.cards(unsound, key=f"train.{number}")
        kinds |= set(unsound.facts["kinds"])
    accepted_problems.draw(data, kinds, key="train")
    if data:
        links.data_doctor(data[0]).draw(t("train.doctor"), icon=":material/health_and_safety:")


def show_command(config: TrainConfig) -> None:
    """Show the configuration as a command line and as JSON."""
    st.caption(t("train.command"))
    st.code(command_line(config), language="bash", wrap_lines=True)
    with st.expander(t("train.json")):
        st.code(json.dumps(config.to_json(), indent=2, ensure_ascii=False), language="json", height=420)
