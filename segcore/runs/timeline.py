"""The events of a run that still count after it was resumed from an earlier point.

A run that was killed or rolls back repeats the steps since its last saved state. Events are only ever appended, so the
file then contains those steps twice, with a ``resumed`` event in between:

    {"kind": "resumed", "epoch": 3, "step": 120}    epoch 3 continues with step 120 of the whole training

It undoes all earlier events with an ``epoch`` of 3 or later; of ``step`` events, those with a ``step`` of 120 or later.
All others, such as ``state``, stay.
"""

from collections.abc import Iterable
from typing import Any, Protocol

Event = dict[str, Any]
"""One line of events.jsonl: "kind", "time" (Unix seconds) and whatever the kind carries."""


class Emit(Protocol):
    """Receives events; decouples a job from the consumers of its events."""

    def __call__(self, kind: str, /, **values: Any) -> None:
        """Record an event of this kind with these values."""


def without_undone(events: Iterable[Event]) -> list[Event]:
    """The events that count, in order; the ``resumed`` events themselves stay.

    Observers of a live run apply it to the events collected so far whenever a ``resumed`` event arrives.
    """
    counting: list[Event] = []
    for event in events:
        if event["kind"] == "resumed":
            counting = [earlier for earlier in counting if not _is_undone(earlier, event)]
        counting.append(event)
    return counting


def _is_undone(event: Event, resumed: Event) -> bool:
    place = "step" if event["kind"] == "step" else "epoch"
    return event["kind"] != "resumed" and place in event and bool(event[place] >= resumed[place])
