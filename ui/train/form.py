"""The training form: filled from a link or a preset, changed by hand, read as a TrainConfig."""

import json
from collections.abc import Iterable
from typing import Any

import streamlit as st

from segcore.advice import applied
from segcore.errors import BadConfig
from segcore.runs import open_run, shown_name
from segcore.train import TrainConfig, make_config
from ui import state
from ui.text import plain, t, translated
from ui.widgets import forms, frame, remedies
from ui.widgets.presets import DEMO, PRESETS

COMMON = ("data", "model", "epochs", "batch_size", "size", "learning_rate", "device", "precision")
"""Fields above the groups."""
_PRESET = "train.preset"


def fill() -> None:
    """Fill the form at the first visit, or from a link: like an earlier run, or from a preset."""
    like = state.requested("like")
    if like is not None:
        with frame.sentences():
            settings, changes = _settings_like(like, state.address("change"))
            forms.fill(settings)
            name, words = plain(shown_name(open_run(like))), plain(remedies.changes_text(changes))
            about = t("train.like.changed", name=name, changes=words) if words else t("train.like", name=name)
            st.toast(about, icon=":material/content_copy:")
            state.set_widget(_PRESET, None)
        state.set_address(like=None, change=None)
    preset = state.requested("preset") or ""
    data = state.requested("data")
    if data is not None and preset not in PRESETS and state.widget("train.model") is None:
        preset = "balanced"  # the demo is for its own shapes
    if preset not in PRESETS and state.widget("train.model") is None:
        preset = DEMO
    if preset in PRESETS:
        _use(preset)
        state.set_widget(_PRESET, preset)
    if data is not None:
        forms.change({"data": [data]})
    state.set_address(preset=None, data=None)


def _settings_like(name: str, change: str | None) -> tuple[dict[str, Any], dict[str, Any]]:
    """Settings of a run with changes, a JSON object or None, and these changes. Both come unchecked from an address.

    Raises:
        BadRun: there is no such run.
        BadConfig: the change is no JSON object, or the result is no valid configuration.
    """
    plan = open_run(name).plan
    if change is None:
        return plan, {}
    try:
        changes = json.loads(change)
    except ValueError:
        changes = None
    if not isinstance(changes, dict):
        raise BadConfig(t("train.change.unreadable", change=change[:200]))
    return make_config(applied(plan, changes)).to_json(), changes


def _use(preset: str) -> None:
    """Fill the form from a preset. The chosen data stays, unless one of both presets has data of its own."""
    chosen = state.widget("train.data")
    has_data = "data" in PRESETS[preset] or state.widget("train.task") == "classification"
    forms.fill(PRESETS[preset] | ({} if has_data or not chosen else {"data": chosen}))


def _use_chosen() -> None:
    if not state.is_fragment_run():  # a poll with the value of before
        _use(state.widget(_PRESET) or DEMO)


def draw() -> None:
    """Draw the presets and all fields."""
    preset = st.segmented_control(
        t("train.preset"),
        list(PRESETS),
        format_func=lambda name: t(f"train.preset.{name}"),
        key=_PRESET,
        on_change=_use_chosen,
        persist_state="session",
    )
    if preset:
        st.caption(_about(preset))
    forms.fields(COMMON)
    for group, names in forms.groups().items():
        with st.expander(t(f"train.group.{group}"), key=f"train.group.{group}"):
            forms.fields([name for name in names if name not in COMMON])


def _about(preset: str) -> str:
    """What a preset does; one that brings data of its own is described without it once other data is chosen."""
    usual, chosen = PRESETS[preset].get("data"), state.widget("train.data")
    if usual and chosen and {_source(place) for place in chosen} != {_source(place) for place in usual}:
        return t(f"train.preset.{preset}.about.own", lesson=t("lesson.families.title"))
    return t(f"train.preset.{preset}.about", lesson=t("lesson.families.title"))


def _source(place: str) -> str:
    """shapes:400:64 → shapes."""
    return place.partition(":")[0]


def config() -> TrainConfig | None:
    """The configuration of the form; None if it is invalid, with all problems shown."""
    try:
        values = forms.values()
        if not values["data"]:
            st.error(t("train.no_data"), icon=":material/error:")
            return None
        return make_config(values)
    except BadConfig as error:
        show_problems(translated(error.message).splitlines())
        return None


def show_problems(found: Iterable[str]) -> None:
    """Show problems as a list."""
    st.error(t("train.problems") + "".join(f"\n- {plain(translated(each))}" for each in found))
