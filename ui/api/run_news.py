"""New events of a run, for pages that follow it by polling."""

from collections.abc import Collection
from typing import NamedTuple

from segcore.runs import Event, Run, without_undone


class News(NamedTuple):
    """New events.

    Attributes:
        since: offset from which they were read; 0 if earlier answers no longer count.
        offset: for the next call.
        events: that count, in their order.
    """

    since: int
    offset: int
    events: list[Event]


def follow(run: Run, since: int, kinds: Collection[str]) -> News:
    """The events since an offset.

    All events are returned after the run was resumed from an earlier point, because some of them no longer count; and
    if the offset is beyond the end of the file, because then it belongs to a deleted run of the same name.

    Args:
        run: that is followed.
        since: 0 for everything, or the ``offset`` of an earlier answer.
        kinds: of events; ``resumed`` is always read.
    """
    wanted = {*kinds, "resumed"}
    if since and (not run.events_path.exists() or since > run.events_path.stat().st_size):
        since = 0
    events, offset = run.events(since, kinds=wanted)
    if since and any(event["kind"] == "resumed" for event in events):
        since, (events, offset) = 0, run.events(kinds=wanted)
    return News(since, offset, without_undone(events))
