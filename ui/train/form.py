"""The training form: filled from a link or a preset, changed by hand, read as a TrainConfig."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import streamlit as st

from segcore.errors import BadConfig
from segcore.train import TrainConfig, make_config
from ui import state
from ui.text import plain, t, translated
from ui.train import earlier_run
from ui.widgets import forms, frame
from ui.widgets.presets import DEMO, PRESETS

COMMON = ("data", "model", "epochs", "batch_size", "size", "learning_rate", "device", "precision")
"""Fields above the groups."""
_PRESET = "train.preset"


def fill(words: Callable[[Mapping[str, Any]], str]) -> None:
    """Fill the form at the first visit, or from a link: like an earlier run, or from a preset.

    Args:
        words: describes changed settings for people.
    """
    like = state.requested("like")
    if like is not None:
        with frame.sentences():
            settings, changes = earlier_run.settings_like(like, state.address("change"))
            forms.fill(settings)
            st.toast(earlier_run.message(like, words(changes)), icon=":material/content_copy:")
            state.set_widget(_PRESET, None)
        state.set_address(like=None, change=None)
    preset = state.requested("preset")
    if preset in PRESETS:
        _use(str(preset))
        state.set_widget(_PRESET, preset)
    state.set_address(preset=None)
    if state.widget("train.model") is None:
        _use(DEMO)
        state.set_widget(_PRESET, DEMO)


def _use(preset: str) -> None:
    """Fill the form from a preset. The chosen data stays, unless one of both presets has data of its own."""
    chosen = state.widget("train.data")
    has_data = "data" in PRESETS[preset] or state.widget("train.task") == "classification"
    forms.fill(PRESETS[preset] | ({} if has_data or not chosen else {"data": chosen}))


def draw() -> None:
    """Draw the presets and all fields."""
    preset = st.segmented_control(
        t("train.preset"),
        list(PRESETS),
        format_func=lambda name: t(f"train.preset.{name}"),
        key=_PRESET,
        on_change=lambda: _use(state.widget(_PRESET) or DEMO),
        persist_state="session",
    )
    if preset:
        st.caption(t(f"train.preset.{preset}.about", lesson=t("lesson.families.title")))
    forms.fields(COMMON)
    for group, names in forms.groups().items():
        with st.expander(t(f"train.group.{group}"), key=f"train.group.{group}"):
            forms.fields([name for name in names if name not in COMMON], columns=2)


def config() -> TrainConfig | None:
    """The configuration of the form; None if it is invalid, with all problems shown."""
    try:
        return make_config(forms.values())
    except BadConfig as error:
        show_problems(translated(error.message).splitlines())
        return None


def show_problems(found: Iterable[str]) -> None:
    """Show problems as a list."""
    st.error(t("train.problems") + "".join(f"\n- {plain(translated(each))}" for each in found))
