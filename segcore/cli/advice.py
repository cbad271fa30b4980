"""What the coach says of a run, in the words of the dashboard."""

import json
import shlex
from collections.abc import Iterator, Mapping
from typing import Any

from segcore.coach import Advice, Remedy
from segcore.text import DEFAULT, say


def advice_lines(name: str, advice: list[Advice]) -> Iterator[str]:
    """A paragraph for each advice: the sentence, and under it the commands that try its remedies.

    Args:
        name: of the run.
        advice: as `coach` gives it.
    """
    for each in advice:
        yield f"- {say(DEFAULT, f'coach.says.{each.rule}', **each.numbers)}"
        for remedy in each.remedies:
            yield f"    → {_command(name, remedy)}"


def _command(name: str, remedy: Remedy) -> str:
    words = ["python", "-m", "segcore", "runs"]
    if remedy.way == "extend":
        return shlex.join([*words, "extend", name, str(remedy.changes["epochs"])])
    return shlex.join([*words, "clone", name, "--set", *_settings(remedy.changes)])


def _settings(changes: Mapping[str, Any], outer: str = "") -> Iterator[str]:
    for key, value in changes.items():
        if value and isinstance(value, Mapping):
            yield from _settings(value, f"{outer}{key}.")
        else:
            yield f"{outer}{key}={value if isinstance(value, str) else json.dumps(value)}"
