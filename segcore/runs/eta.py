"""How long a run still takes: a range, from how long its own epochs took lately."""

from functools import lru_cache
from pathlib import Path
from statistics import median

from segcore.runs.folders import run_at
from segcore.runs.store import Run
from segcore.runs.timeline import Event

_LATELY = 5
"""Epochs whose times make the range: the machine may have been busier before."""
_ONE_EPOCH = (0.9, 1.25)
"""What the other epochs may take, as a factor of the only one that was seen."""
_WITH_VALIDATION = (1.0, 1.6)
"""What an epoch may take, as a factor of its steps alone, before any validation was seen."""

Range = tuple[float, float]
"""The least and the most, in seconds."""


def seconds_left(run: Run, setup: Event, step: Event, validation: Event, *, epochs: int) -> Range | None:
    """The seconds until a running run will be done, at the pace of its latest epochs; None where nothing tells.

    Args:
        run: that runs now.
        setup: its last event of that kind, as the next two; empty where there is none.
        step: the last one logged.
        validation: the last one.
        epochs: it is to do in all.
    """
    steps_per_epoch = setup.get("steps_per_epoch")
    if not steps_per_epoch:
        return None
    resumed = run.last("resumed") or {}
    if resumed.get("time", 0.0) < setup["time"]:
        resumed = {}
    begin = resumed.get("step", 0)
    news = [event for event in (step, validation) if event.get("time", 0.0) >= setup["time"]]
    done = max((_steps_done(event) for event in news), default=begin)
    latest = max((event["time"] for event in news), default=setup["time"])
    left = max(0.0, epochs - done / steps_per_epoch)
    epoch = _epoch_seconds(str(run.path), validation["time"]) if validation else None
    if epoch is None:
        if done <= begin:
            return None
        seconds = (latest - setup["time"]) / (done - begin) * steps_per_epoch
        epoch = seconds * _WITH_VALIDATION[0], seconds * _WITH_VALIDATION[1]
    return epoch[0] * left, epoch[1] * left


def _steps_done(event: Event) -> int:
    """A step event names its step, counted from 0; a validation comes after that many steps."""
    return int(event["step"]) + (event["kind"] == "step")


@lru_cache(maxsize=256)
def _epoch_seconds(path: str, _validated_at: float) -> Range | None:
    """Seconds of an epoch with its validation. All events are read, so this is asked once after each validation."""
    times: list[float] = []
    before: Event | None = None
    for event in run_at(Path(path)).timeline(("setup", "val")):
        if event["kind"] == "val" and before is not None:
            times.append(event["time"] - before["time"])
        before = event if event["kind"] == "val" else None  # the run was away: that was no epoch
    if not times:
        return None
    lately = times[-_LATELY:]
    if len(lately) == 1:
        return lately[0] * _ONE_EPOCH[0], lately[0] * _ONE_EPOCH[1]
    middle = median(lately)
    return min(*lately, 0.95 * middle), max(*lately, 1.05 * middle)
