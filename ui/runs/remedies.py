"""What can be done about a run, with one press: a new run with a change, or the same run that goes on with one.

Every change is checked as a whole configuration before anything is written. That brings torch, so it is imported at
the press and not before: a run's page opens at once.
"""
# ruff: noqa: PLC0415

import json
from collections.abc import Mapping
from typing import Any

import streamlit as st

from segcore.coach import applied
from segcore.errors import BadConfig, joined
from segcore.runs import Run, new_run, resume, start
from ui.text import t
from ui.widgets import frame

_MANY = 2
"""More changes than this are told by the pointer, not on the button."""


def words(changes: Mapping[str, Any]) -> str:
    """Learning rate 0.0003 · Gradient limit 1."""
    found = []
    for name, value in changes.items():
        if name == "augmentation":
            found += [f"{t(f'field.augmentation_{inner}')} {_shown(amount)}" for inner, amount in value.items()]
        elif value not in ({}, []):  # emptied, because it belonged to what is replaced
            found.append(f"{t(f'field.{name}')} {_shown(value)}")
    return " · ".join(found)


def label(changes: Mapping[str, Any]) -> str:
    """The same, short enough for a button."""
    if set(changes) == {"augmentation"} and len(changes["augmentation"]) > _MANY:
        return t("coach.stronger_augmentation")
    return words(changes)


def _shown(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:g}"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def clone(run: Run, changes: Mapping[str, Any]) -> None:
    """Start a new run with the settings of another and these changes, and go to its page.

    Raises:
        BadConfig: with everything that keeps it from being started.
    """
    from segcore.train import make_config
    from segcore.train.checks.validation import problems

    config = make_config(applied(run.plan, changes))
    found = problems(config)
    if found:
        raise BadConfig(joined(found))
    made = new_run(config.to_json())
    start(made)
    st.switch_page(frame.PAGES / "runs.py", query_params={"run": made.name})


def go_on(run: Run, changes: Mapping[str, Any] | None = None) -> None:
    """Let a run that has ended go on, with these changes.

    Raises:
        SegcoreError: the settings do not fit, or the run cannot go on.
    """
    if changes:
        from segcore.train import CHANGEABLE, make_config

        fixed = [name for name in changes if name not in CHANGEABLE]
        assert not fixed, f"{fixed} cannot change while a run goes on"
        make_config(applied(run.plan, changes))
    resume(run, changes)
    st.rerun()


def edit_link(run: Run, changes: Mapping[str, Any], *, label: str = "") -> None:
    """A link to the Train page, filled with the settings of a run and these changes."""
    change = {"change": json.dumps(changes, ensure_ascii=False)} if changes else {}
    st.page_link(
        frame.PAGES / "train.py",
        label=label or t("coach.edit"),
        icon=":material/tune:",
        help=t("coach.edit.help"),
        query_params={"like": run.name, **change},
    )
