"""Whether a live run makes progress: a process that was stopped or hangs is alive, but nothing happens any more.

Every event but the meters is progress: those come from a thread of their own, which also works while the training
hangs. A run is stalled if nothing has happened for

- 5 seconds, if its process was stopped by a signal (SIGSTOP, Ctrl-Z, a frozen container);
- 20 minutes, before the first event of its kind is known to take less: a first step may compile or download, and a
  first validation may be long;
- otherwise ten times the longest that the last twenty events of the same kind took until the next, but at least a
  minute. The last steps of an epoch are a kind of their own, because a validation follows them.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import psutil

from segcore.runs import journal
from segcore.runs.process import Doing, doing
from segcore.runs.timeline import Event

STOPPED_SECONDS = 5.0
FIRST_SECONDS = 1200.0
FLOOR_SECONDS = 60.0
TIMES_USUAL = 10.0

_LATEST = 20
_READ_BYTES = 4_000_000
"""Number of bytes at the end from which the usual times are taken."""
_OF_JOBS = ("began", "progress")
"""Short jobs report as they like, and their pages have a button that cancels."""
_BEFORE_STEPS = ("state", "setup", "resumed", "amended")


@dataclass(frozen=True)
class Stall:
    """A live run in which nothing happens.

    Attributes:
        silent: seconds since the last event that is progress.
        usual: seconds that it usually takes; None if that is not known yet.
        last: the last event.
        doing: what its process does at this moment.
    """

    silent: float
    usual: float | None
    last: Event
    doing: Doing


def find_stall(events_path: Path, process: psutil.Process | None) -> Stall | None:
    """The stall of a run whose lock is held; None if it makes progress, or may well do."""
    last = journal.last_except(events_path, "meter")
    if last is None or last["kind"] in _OF_JOBS:
        return None
    silent = time.time() - _seconds(last)
    if silent < STOPPED_SECONDS:
        return None
    activity = doing(process)
    usual = None if silent < FLOOR_SECONDS else _usual(events_path, repr(last))
    if activity != "stopped":
        waits = last["kind"] == "state" and last.get("state") == "queued"  # for its device, as long as that takes
        limit = FIRST_SECONDS if usual is None else max(FLOOR_SECONDS, TIMES_USUAL * usual)
        if waits or silent < limit:
            return None
    return Stall(silent, usual, last, activity)


@lru_cache(maxsize=64)
def _usual(path: Path, _last: str) -> float | None:
    """The longest that events like the last one took lately; read once for each last event."""
    size = path.stat().st_size
    events = [event for event in journal.read(path, max(0, size - _READ_BYTES))[0] if event.get("kind") != "meter"]
    steps_per_epoch = (journal.last(path, "setup")[0] or {}).get("steps_per_epoch")
    sorts = _sorts(events, steps_per_epoch)
    if not events or events[-1]["kind"] in _BEFORE_STEPS:
        return None
    gaps = [
        _seconds(after) - _seconds(before)
        for sort, (before, after) in zip(sorts, pairwise(events), strict=False)
        if sort == sorts[-1] and after["kind"] not in _BEFORE_STEPS
    ]
    return max(gaps[-_LATEST:], default=None)


def _sorts(events: Sequence[Event], steps_per_epoch: Any) -> list[tuple[str, bool]]:
    """Kind of each event, and whether it is the last step event of its epoch."""
    found, before = [], 0
    for event in events:
        step, is_end = event.get("step"), False
        if event["kind"] == "step" and isinstance(step, int) and isinstance(steps_per_epoch, int) and steps_per_epoch:
            stride = step - before if 0 < step - before < steps_per_epoch else 1
            is_end = step % steps_per_epoch + stride >= steps_per_epoch
            before = step
        found.append((str(event["kind"]), is_end))
    return found


def _seconds(event: Event) -> float:
    moment = event.get("time")
    return float(moment) if isinstance(moment, int | float) else 0.0
