"""A configuration as a command line."""

import shlex
from collections.abc import Mapping
from typing import Any

from segcore.advice import set_words
from segcore.train import TrainConfig

_PLACES = ("data", "val_data")


def command_line(config: TrainConfig) -> str:
    """``python -m segcore train …`` with every setting that differs from its default, ready for a POSIX shell."""
    defaults = TrainConfig(task=config.task).to_json() | {"task": TrainConfig().task}
    words = ["python", "-m", "segcore", "train"]
    changes: dict[str, Any] = {}
    for name, value in config.to_json().items():
        if value == defaults[name]:
            continue
        flag = f"--{name.replace('_', '-')}"
        if name in _PLACES:
            words += [flag, *value]
        elif isinstance(value, Mapping):
            changes[name] = {key: item for key, item in value.items() if defaults[name].get(key) != item}
        elif isinstance(value, list):
            changes[name] = value
        else:
            words += [flag, "none" if value is None else str(value)]
    if changes:
        words += ["--set", *set_words(changes)]
    return _folded(words)


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
