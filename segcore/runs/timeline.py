"""What still counts of the events of a run that went on from an earlier point.

A run that was killed goes on from its last saved state and does some steps again; so does one that rolls back. Events
are only ever appended, so the file then holds those steps twice, with a ``resumed`` event between:

    {"kind": "resumed", "epoch": 3, "step": 120}    epoch 3 goes on with step 120 of the whole training

Undone by it are, of all events before it, those with an ``epoch`` of 3 or later; of ``step`` events, which an epoch has
many of, those with a ``step`` of 120 or later. All others, such as ``state``, tell the story of the run and stay.
"""

from collections.abc import Iterable
from typing import Any, Protocol

Event = dict[str, Any]
"""One line of events.jsonl: "kind", "time" (Unix seconds) and whatever the kind carries."""


class Emit(Protocol):
    """Takes one event; how whatever works tells what it does, without knowing who listens."""

    def __call__(self, kind: str, /, **values: Any) -> None:
        """The kind of the event, and its numbers."""


def without_undone(events: Iterable[Event]) -> list[Event]:
    """The events that count, in their order; the ``resumed`` events themselves stay.

    Whoever follows a live run applies it to what was collected so far whenever a ``resumed`` event arrives.
    """
    counting: list[Event] = []
    for event in events:
        if event["kind"] == "resumed":
            counting = [earlier for earlier in counting if not _is_undone(earlier, event)]
        counting.append(event)
    return counting


def _is_undone(event: Event, resumed: Event) -> bool:
    if event["kind"] == "resumed" or "epoch" not in event:
        return False
    if event["kind"] == "step":
        return bool(event["step"] >= resumed["step"])
    return bool(event["epoch"] >= resumed["epoch"])
