"""The settings of an older run to begin with, with a change that a link may carry."""

import json
from typing import Any

from segcore.advice import applied
from segcore.errors import BadConfig
from segcore.runs import open_run
from segcore.train import make_config
from ui.text import plain, t


def settings_like(name: str, change: str | None) -> tuple[dict[str, Any], dict[str, Any]]:
    """Settings that fill the form, and the changes among them.

    Args:
        name: of a run, from an address: anybody may have written it.
        change: settings to change as a JSON object, from an address too; None changes nothing.

    Raises:
        BadRun: there is no such run.
        BadConfig: the change is no JSON object, or what comes out cannot be trained.
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


def told(name: str, changes: dict[str, Any], words: str) -> str:
    """A sentence that says where the settings come from."""
    if not changes:
        return t("train.like", name=plain(name))
    return t("train.like.changed", name=plain(name), changes=plain(words))
