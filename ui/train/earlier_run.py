"""Settings of an earlier run to begin with, with the changes that a link may carry."""

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
        name: of a run; unchecked, from an address.
        change: changed settings as a JSON object; unchecked, from an address. None changes nothing.

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


def message(name: str, changes: str) -> str:
    """The source of the settings, for people; ``changes`` in words, empty for none."""
    if not changes:
        return t("train.like", name=plain(name))
    return t("train.like.changed", name=plain(name), changes=plain(changes))
