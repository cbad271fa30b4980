"""Evaluate: how good a checkpoint is on data that carries the truth, and how far the number can be trusted."""

import streamlit as st

from ui import frame, state
from ui.evaluate import folds, hardiness, one, versus
from ui.text import t

TASKS = {"one": one.show, "two": versus.show, "robustness": hardiness.show, "folds": folds.show}

with frame.page("evaluate"), frame.sentences(stop=True):
    wished = state.wish("task")
    if wished in TASKS:
        state.set_widget("evaluate.task", wished)
    elif state.widget("evaluate.task") not in TASKS:
        state.set_widget("evaluate.task", "one")
    task = st.segmented_control(
        t("evaluate.task"),
        list(TASKS),
        required=True,
        format_func=lambda name: t(f"evaluate.task.{name}"),
        key="evaluate.task",
        label_visibility="collapsed",
        persist_state="session",
    )
    state.remember_in_address(task=None if task == "one" else task)
    TASKS[task]()
