"""What a rule has to say: which rule, its numbers, and what could be done."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Number = float | int | str
"""A number, or the name that it belongs to."""
Severity = Literal["bad", "warning", "note"]
"""bad: this training leads nowhere; warning: it gives away much; note: good to know."""


@dataclass(frozen=True)
class Remedy:
    """Something to try.

    Attributes:
        changes: settings and their new values; see `applied`.
        way: "clone" makes a new run with the changes; "extend" lets this one go on for ``changes["epochs"]`` more.
    """

    changes: Mapping[str, Any]
    way: Literal["clone", "extend"] = "clone"


@dataclass(frozen=True)
class Advice:
    """One observation about a run.

    Attributes:
        rule: its name; the text ``coach.says.<rule>`` says it.
        numbers: what fills the placeholders of that text. Shares are 0 … 1, epochs count from 1.
        severity: how much it matters.
        remedies: what to try, the most promising first; may be empty.
        lesson: number of the lesson that explains it, such as "L12".
    """

    rule: str
    numbers: Mapping[str, Number]
    severity: Severity
    remedies: tuple[Remedy, ...] = field(default=())
    lesson: str = ""


def applied(settings: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Settings with the changes of a remedy.

    A mapping changes only the keys that it names (``{"augmentation": {"flip": 0.5}}``); an empty one empties, as
    options of one loss mean nothing to another.
    """
    changed = dict(settings)
    for name, value in changes.items():
        before = changed.get(name)
        changed[name] = {**before, **value} if value and isinstance(value, Mapping) and before else value
    return changed


def rounded(rate: float) -> float:
    """A rate as one would type it: two figures."""
    return float(f"{rate:.2g}")
