"""What the learner did in the capstone, run by run, in one file of the user's own folder.

What a run's folder tells by itself (that it was trained, what was noted about it) is not repeated here.
"""

import json
from contextlib import suppress
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

from segcore import paths
from segcore.durable import write_whole


@dataclass(frozen=True)
class Taken:
    """The steps that were taken with one run.

    Attributes:
        rise: the epoch (from 0) that the learner named as that of the steepest rise; -1 before.
        image: index of the worst image in the validation data; -1 before one was taken.
        image_name: its name there.
        photo: image_id under which lesson 16 was asked about it; empty before.
        asked: whether lesson 16 showed its result for that image.
        reported: whether the report was made.
    """

    rise: int = -1
    image: int = -1
    image_name: str = ""
    photo: str = ""
    asked: bool = False
    reported: bool = False


def file() -> Path:
    """Where it is kept."""
    return paths.home() / "capstone.json"


def chosen() -> str | None:
    """The name of the run that the learner works with; it may have been deleted since."""
    name = _content().get("run")
    return name if isinstance(name, str) else None


def choose(run: str) -> None:
    """Work with another run; what was done with others stays."""
    _write(_content() | {"run": run})


def of(run: str) -> Taken:
    """What was done with a run. Whatever in the file has the wrong type counts as not done."""
    found = _runs().get(run)
    if not isinstance(found, dict):
        return Taken()
    kinds = {each.name: type(each.default) for each in fields(Taken)}
    return Taken(**{name: found[name] for name, kind in kinds.items() if type(found.get(name)) is kind})


def note(run: str, **changes: Any) -> Taken:
    """Write down what was done with a run, as far as the disk allows."""
    changed = replace(of(run), **changes)
    _write(_content() | {"runs": _runs() | {run: asdict(changed)}})
    return changed


def _content() -> dict[str, Any]:
    try:
        found = json.loads(file().read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _runs() -> dict[str, Any]:
    found = _content().get("runs")
    return found if isinstance(found, dict) else {}


def _write(content: dict[str, Any]) -> None:
    if content != _content():
        with suppress(OSError):  # a full disk must not end the way
            write_whole(file(), json.dumps(content, indent=1).encode())
