"""The remedies of advice as actions: a new run with a change, or the same run resumed with one.

Every change is checked as part of a whole configuration before anything is written. The check needs torch, so it is
imported when a button is pressed: a run's page opens at once.
"""
# ruff: noqa: PLC0415

import json
from collections.abc import Mapping
from typing import Any

import streamlit as st

from segcore.advice import applied
from segcore.errors import BadConfig, joined
from segcore.runs import Run, new_run, resume, start
from ui import links
from ui.text import t
from ui.widgets.choices import choice

_MANY = 2
"""Maximum number of changes on a button; the help text lists more."""


def field_name(name: str) -> str:
    """The title of a setting, ``field`` or ``field.inner``, in the form; the augmentation is a group of settings."""
    return t("train.group.augmentation") if name == "augmentation" else t(f"field.{name.replace('.', '_')}")


def changes_text(changes: Mapping[str, Any]) -> str:
    """Learning rate 0.0003 · Gradient limit 1."""
    found = []
    for name, value in changes.items():
        if name == "augmentation":
            found += [f"{field_name(f'{name}.{inner}')} {_shown(amount)}" for inner, amount in value.items()]
        elif value not in ({}, []):  # emptied, because it belonged to what is replaced
            word = choice(name, value) if isinstance(value, str) else _shown(value)
            found.append(f"{field_name(name)} {word}")
    return " · ".join(found)


def short_text(changes: Mapping[str, Any]) -> str:
    """The same, short enough for a button."""
    if set(changes) == {"augmentation"} and len(changes["augmentation"]) > _MANY:
        return t("remedy.stronger_augmentation")
    return changes_text(changes)


def _shown(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:g}"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def clone(run: Run, changes: Mapping[str, Any]) -> None:
    """Start a new run with the settings of another and these changes, and switch to its page.

    Raises:
        BadConfig: with every problem of the settings.
    """
    from segcore.train import make_config
    from segcore.train.checks.validation import problems

    config = make_config(applied(run.plan, changes))
    found = problems(config)
    if found:
        raise BadConfig(joined(found))
    made = new_run(config.to_json())
    start(made)
    links.run(made.name).open()


def resume_with(run: Run, changes: Mapping[str, Any], *, data_changed: bool = False) -> None:
    """Resume a run that has ended, with these changes; ``data_changed``: also where its data is no longer the same.

    Raises:
        SegcoreError: the settings do not fit, or the run cannot resume.
    """
    if changes:
        from segcore.train import CHANGEABLE, make_config

        fixed = [name for name in changes if name not in CHANGEABLE]
        assert not fixed, f"{fixed} cannot change when a run resumes"
        make_config(applied(run.plan, changes))
    if data_changed:
        from segcore.train.data_changes import accept_changed_data

        accept_changed_data(run)
    resume(run, changes)
    st.rerun()


def edit_link(run: Run, changes: Mapping[str, Any], *, label: str = "") -> None:
    """A link to the Train page, filled with the settings of a run and these changes."""
    links.train_like(run.name, changes).draw(
        label or t("remedy.edit"), icon=":material/tune:", help=t("remedy.edit.help")
    )
