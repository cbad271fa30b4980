"""New events of a run, for pages that follow it by polling."""

from collections.abc import Collection
from typing import Any

from segcore.runs import Event, Run, without_undone


def follow(run: Run, since: int, kinds: Collection[str]) -> tuple[dict[str, Any], list[Event]]:
    """What all answers about a run have, and the events of these kinds since an offset, in their order.

    The offset is 0 for everything, or the ``offset`` of an earlier answer. All events are returned after the run was
    resumed from an earlier point, because some of them no longer count; and if the offset is beyond the end of the
    file, because then it belongs to a deleted run of the same name.

    Returns:
        A mapping of ``state``; ``since`` as it was used, 0 if earlier answers no longer count; ``offset`` for the next
        call; ``classes`` and ``colours`` once the run knows them. Then the events.
    """
    state = run.status()  # before the events: those of a run that has ended are then all there
    wanted = {*kinds, "resumed"}
    if since and (not run.events_path.exists() or since > run.events_path.stat().st_size):
        since = 0
    events, offset = run.events(since, kinds=wanted)
    if since and any(event["kind"] == "resumed" for event in events):
        since, (events, offset) = 0, run.events(kinds=wanted)
    setup = run.last("setup") or {}
    facts = {
        "state": state,
        "since": since,
        "offset": offset,
        "classes": setup.get("classes", []),
        "colours": setup.get("colours", []),
    }
    return facts, without_undone(events)
