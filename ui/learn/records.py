"""What a learner has done, as small records in JSON files of the user's own folder: no account is needed."""

import json
from contextlib import suppress
from dataclasses import fields
from pathlib import Path
from typing import Any, TypeVar

from segcore.durable import write_whole

R = TypeVar("R")


def read(path: Path) -> dict[str, Any]:
    """The JSON object in a file; {} if the file is missing or holds anything else."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def write(path: Path, content: dict[str, Any]) -> None:
    """Write a changed JSON object; a full disk must not stop a lesson."""
    if content != read(path):
        with suppress(OSError):
            write_whole(path, json.dumps(content, indent=1, sort_keys=True).encode())


def record(kind: type[R], value: object) -> R:
    """A dataclass from a JSON object; fields that are missing or of another type get their defaults."""
    found = value if isinstance(value, dict) else {}
    types = {each.name: type(each.default) for each in fields(kind)}  # type: ignore[arg-type]
    return kind(**{name: found[name] for name, wanted in types.items() if type(found.get(name)) is wanted})
