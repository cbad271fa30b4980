"""What a learner has done, in one file of the user's own folder: no account, and it is still there tomorrow."""

import json
from contextlib import suppress
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

from segcore import paths
from segcore.durable import write_whole


@dataclass(frozen=True)
class Progress:
    """How far one lesson is.

    Attributes:
        guessed: a guess was entered.
        explained: "What happened?" was answered, rightly or not.
        asked: questions of the check that were answered.
        right: of these, at the first try.
    """

    guessed: bool = False
    explained: bool = False
    asked: int = 0
    right: int = 0

    @property
    def done(self) -> bool:
        """Predicted, explained, and a question answered rightly."""
        return self.guessed and self.explained and self.right > 0

    @property
    def share(self) -> float:
        """0 … 1, in thirds."""
        return (self.guessed + self.explained + (self.right > 0)) / 3


def file() -> Path:
    """Where it is kept."""
    return paths.home() / "learn.json"


def all_progress() -> dict[str, Progress]:
    """By the name of the lesson. A file that somebody broke is as good as none."""
    try:
        content = json.loads(file().read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    known = {name: value for name, value in content.items() if isinstance(value, dict)} if _is_table(content) else {}
    return {name: _read(value) for name, value in known.items()}


def of(lesson: str) -> Progress:
    """How far a lesson is."""
    return all_progress().get(lesson, Progress())


def note(lesson: str, **changes: Any) -> Progress:
    """Write down what changed, as far as the disk allows: a lesson goes on without."""
    everything = all_progress()
    changed = replace(everything.get(lesson, Progress()), **changes)
    if everything.get(lesson) != changed:
        everything[lesson] = changed
        text = json.dumps({name: asdict(value) for name, value in sorted(everything.items())}, indent=1)
        with suppress(OSError):
            write_whole(file(), text.encode())
    return changed


def _is_table(content: object) -> bool:
    return isinstance(content, dict)


def _read(value: dict[str, Any]) -> Progress:
    """Only what has the right type counts."""
    kinds = {each.name: type(each.default) for each in fields(Progress)}
    return Progress(**{name: value[name] for name, kind in kinds.items() if type(value.get(name)) is kind})
