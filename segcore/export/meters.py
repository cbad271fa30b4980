"""The numbers of a ``meter`` event by name, such as ``gpus.0.memory_mb``."""

from collections.abc import Iterator
from typing import Any

from segcore.runs import Event

_HEAD = ("kind", "time", "epoch", "step")


def meter_numbers(event: Event) -> dict[str, float]:
    """Every number in the event, named by its path joined with dots; texts and None are left out."""
    return {name: value for key, inner in event.items() if key not in _HEAD for name, value in _numbers(key, inner)}


def _numbers(name: str, value: Any) -> Iterator[tuple[str, float]]:
    if isinstance(value, bool):
        return
    if isinstance(value, int | float):
        yield name, value
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in inner:
        yield from _numbers(f"{name}.{key}", item)
