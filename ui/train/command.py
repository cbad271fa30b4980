"""A configuration as a command line."""

import json
import re
import shlex
from collections.abc import Mapping
from typing import Any

from segcore.train import TrainConfig

_PLACES = ("data", "val_data")
_PLAIN_KEY = re.compile(r"\w+")  # --set would split any other at its dots


def command_line(config: TrainConfig) -> str:
    """``python -m segcore train …`` with every setting that differs from its default, ready for a POSIX shell."""
    defaults = TrainConfig(task=config.task).to_json() | {"task": TrainConfig().task}
    words = ["python", "-m", "segcore", "train"]
    inner: list[str] = []
    for name, value in config.to_json().items():
        if value == defaults[name]:
            continue
        flag = f"--{name.replace('_', '-')}"
        if isinstance(value, Mapping) and all(map(_PLAIN_KEY.fullmatch, value)):
            inner += [f"{name}.{key}={_typed(item)}" for key, item in value.items() if defaults[name].get(key) != item]
        elif name in _PLACES:
            words += [flag, *value]
        elif isinstance(value, list | Mapping):
            inner.append(f"{name}={json.dumps(value, ensure_ascii=False)}")
        else:
            words += [flag, "none" if value is None else str(value)]
    if inner:
        words += ["--set", *inner]
    return _folded(words)


def _typed(value: Any) -> str:
    """As --set reads it: JSON, or the text itself if that is no JSON."""
    if isinstance(value, str):
        try:
            json.loads(value)
        except ValueError:
            return value
    return json.dumps(value, ensure_ascii=False)


def _folded(words: list[str]) -> str:
    """One option a line."""
    lines, line = [], " ".join(words[:4])
    for word in words[4:]:
        if word.startswith("--"):
            lines.append(line)
            line = f"  {word}"
        else:
            line += f" {shlex.quote(word)}"
    return " \\\n".join([*lines, line])
