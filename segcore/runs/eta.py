"""Estimated remaining time of a run: a range, from the duration of its latest epochs."""

from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from statistics import median

from segcore.runs.folders import run_at
from segcore.runs.store import Run
from segcore.runs.timeline import Event

_LATEST_EPOCHS = 5
"""Number of epochs that the range is based on: the machine may have been busier before."""
_ONE_EPOCH = (0.9, 1.25)
"""Range for the other epochs after a single one, as a factor of its duration."""
_WITH_VALIDATION = (1.0, 1.6)
"""Range for an epoch before the first validation, as a factor of the duration of its steps."""

Range = tuple[float, float]
"""Minimum and maximum, in seconds."""


def seconds_left(run: Run, setup: Event, step: Event, validation: Event, *, epochs: int) -> Range | None:
    """Remaining seconds of a running run at the pace of its latest epochs; None if they cannot be estimated.

    ``setup``, ``step`` and ``validation`` are its last events of these kinds, empty if there are none.
    """
    steps_per_epoch = setup.get("steps_per_epoch")
    if not steps_per_epoch:
        return None
    resumed = run.last("resumed") or {}
    if resumed.get("time", 0.0) < setup["time"]:
        resumed = {}
    begin = resumed.get("step", 0)
    recent = [event for event in (step, validation) if event.get("time", 0.0) >= setup["time"]]
    done = max((_steps_done(event) for event in recent), default=begin)
    latest = max((event["time"] for event in recent), default=setup["time"])
    left = max(0.0, epochs - done / steps_per_epoch)
    epoch = _epoch_seconds(str(run.path), validation["time"]) if validation else None
    if epoch is None:
        if done <= begin:
            return None
        seconds = (latest - setup["time"]) / (done - begin) * steps_per_epoch
        epoch = seconds * _WITH_VALIDATION[0], seconds * _WITH_VALIDATION[1]
    return epoch[0] * left, epoch[1] * left


def _steps_done(event: Event) -> int:
    """Number of finished steps: a step event has its index, a validation event the number."""
    return int(event["step"]) + int(event["kind"] == "step")


@lru_cache(maxsize=256)
def _epoch_seconds(path: str, _validated_at: float) -> Range | None:
    """Seconds of an epoch with its validation. Reads all events, so the result is cached until the next validation."""
    neighbours = pairwise(run_at(Path(path)).timeline(("setup", "resumed", "val")))  # others: the run was interrupted
    times = [val["time"] - before["time"] for before, val in neighbours if before["kind"] == val["kind"] == "val"]
    if not times:
        return None
    latest_times = times[-_LATEST_EPOCHS:]
    if len(latest_times) == 1:
        return latest_times[0] * _ONE_EPOCH[0], latest_times[0] * _ONE_EPOCH[1]
    middle = median(latest_times)
    return min(*latest_times, 0.95 * middle), max(*latest_times, 1.05 * middle)
