"""What is new in a run, for pages that follow it by asking again and again."""

from collections.abc import Collection
from typing import NamedTuple

from segcore.runs import Event, Run, without_undone


class News(NamedTuple):
    """An answer.

    Attributes:
        since: from where it was read; 0 when everything that was told before no longer counts.
        offset: for the next question.
        events: those that count, in their order.
    """

    since: int
    offset: int
    events: list[Event]


def follow(run: Run, since: int, kinds: Collection[str]) -> News:
    """The events since an offset.

    Everything is told anew after the run went on from an earlier point (a ``resumed`` event), because some of what was
    told no longer counts; and when the offset lies behind the end of the file, because then it belongs to a run of this
    name that was deleted.

    Args:
        run: that is followed.
        since: 0 for everything, or the ``offset`` of an earlier answer.
        kinds: of events; ``resumed`` is always looked at.
    """
    wanted = {*kinds, "resumed"}
    if since and (not run.events_path.exists() or since > run.events_path.stat().st_size):
        since = 0
    events, offset = run.events(since, kinds=wanted)
    if since and any(event["kind"] == "resumed" for event in events):
        since, (events, offset) = 0, run.events(kinds=wanted)
    return News(since, offset, without_undone(events))
