"""Train: choose where to begin, change what you like, see what it amounts to, start."""

import json

import streamlit as st

from segcore.errors import BadConfig
from segcore.runs import new_run, start
from segcore.train import make_config
from ui import state
from ui.runs import remedies
from ui.text import plain, t, translated
from ui.train import lr_finder, preflight
from ui.train.command import command_line
from ui.train.like import settings_like, told
from ui.train.presets import DEMO, PRESETS
from ui.train.problems import problems
from ui.widgets import forms, frame

COMMON = ("data", "model", "epochs", "batch_size", "size", "learning_rate", "device", "precision")


def begin_with(preset: str) -> None:
    """Fill the form from a preset; the data stays, unless one of both presets names data of its own."""
    chosen = state.widget("train.data")
    brings = "data" in PRESETS[preset] or state.widget("train.task") == "classification"
    forms.fill(PRESETS[preset] | ({} if brings or not chosen else {"data": chosen}))


with frame.page("train"):
    like = state.wish("like")
    if like is not None:
        with frame.sentences():
            settings, changes = settings_like(like, state.address("change"))
            forms.fill(settings)
            st.toast(told(like, changes, remedies.words(changes)), icon=":material/content_copy:")
            state.set_widget("train.preset", None)
        state.remember_in_address(like=None, change=None)
    wished = state.wish("preset")
    if wished in PRESETS:  # a link of a lesson
        begin_with(str(wished))
        state.set_widget("train.preset", wished)
    state.remember_in_address(preset=None)
    if state.widget("train.model") is None:
        begin_with(DEMO)
        state.set_widget("train.preset", DEMO)
    left, right = st.columns([7, 5], gap="large")
    with left:
        preset = st.segmented_control(
            t("train.preset"),
            list(PRESETS),
            format_func=lambda name: t(f"train.preset.{name}"),
            key="train.preset",
            on_change=lambda: begin_with(state.widget("train.preset") or DEMO),
            persist_state="session",
        )
        if preset:
            st.caption(t(f"train.preset.{preset}.about"))
        forms.fields(COMMON)
        for group, names in forms.groups().items():
            with st.expander(t(f"train.group.{group}"), key=f"train.group.{group}"):
                forms.fields([name for name in names if name not in COMMON], columns=2)
    with right:
        config = None
        try:
            config = make_config(forms.values())
        except BadConfig as error:
            st.error(
                t("train.problems") + "".join(f"\n- {plain(line)}" for line in translated(error.message).splitlines())
            )
        if config and st.button(t("train.start"), type="primary", icon=":material/play_arrow:", key="train.start"):
            with st.spinner(t("train.checking")):
                found = problems(config)
            if found:
                st.error(t("train.problems") + "".join(f"\n- {plain(translated(sentence))}" for sentence in found))
                if config.data:
                    st.page_link(
                        frame.PAGES / "data.py", label=t("train.doctor"), icon=":material/health_and_safety:",
                        query_params={"data": config.data[0], "view": "doctor"},
                    )  # fmt: skip
            else:
                with frame.sentences(stop=True):
                    run = new_run(config.to_json())
                    start(run)
                st.switch_page(frame.PAGES / "runs.py", query_params={"run": run.name})
        if config:
            preflight.show(config)
            lr_finder.show(config)
            st.caption(t("train.command"))
            st.code(command_line(config), language="bash", wrap_lines=True)
            with st.expander(t("train.json")):
                st.code(json.dumps(config.to_json(), indent=2, ensure_ascii=False), language="json", height=420)
