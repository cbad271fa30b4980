"""Estimated remaining time of a run: a range, from the duration of its latest epochs.

An epoch has two parts, training and validation (with the saves after it). The remaining time of each is counted
separately, so that the estimate does not jump when one ends and the other begins.
"""

from dataclasses import dataclass
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
_UNKNOWN_VALIDATION = (0.0, 0.6)
"""Range of a validation before the first one, as a factor of the training of an epoch …"""
_PER_PIXEL = (0.25, 0.7)
"""… or, if the run states how many pixels it validates for each one trained on, per such pixel: without the backward
pass, but with scores."""

Range = tuple[float, float]
"""Minimum and maximum, in seconds."""


@dataclass(frozen=True)
class _Epoch:
    """Durations of the two parts of an epoch."""

    training: Range
    validation: Range


@dataclass(frozen=True)
class _Position:
    """How much is done, in epochs: trained, and validated."""

    trained: float
    validated: float


def seconds_left(
    run: Run, setup: Event, step: Event, validation: Event, validating: Event, *, epochs: int
) -> Range | None:
    """Remaining seconds of a running run at the pace of its latest epochs; None if they cannot be estimated.

    ``setup``, ``step``, ``validation`` and ``validating`` are its last events of these kinds, empty if there are none.
    """
    steps_per_epoch = setup.get("steps_per_epoch")
    if not steps_per_epoch:
        return None
    resumed = run.last("resumed") or {}
    if resumed.get("time", 0.0) < setup["time"]:
        resumed = {}
    begin = resumed.get("step", 0)
    recent = [event for event in (step, validation, validating) if event.get("time", 0.0) >= setup["time"]]
    latest = max(recent, key=lambda event: float(event["time"]), default={})
    now = _position(latest, steps_per_epoch) if latest else _Position(begin / steps_per_epoch, begin // steps_per_epoch)
    epoch = _usual_epoch(str(run.path), validation["time"]) if validation else None
    epoch = epoch or _first_epoch(setup, latest, now.trained - begin / steps_per_epoch)
    if epoch is None:
        return None
    training, validations = max(0.0, epochs - now.trained), max(0.0, epochs - now.validated)
    low, high = (
        training * trained + validations * validated
        for trained, validated in zip(epoch.training, epoch.validation, strict=True)
    )
    return low, high


def _position(latest: Event, steps_per_epoch: int) -> _Position:
    """The position after the latest event: a step event has the index of the step, the others the number of steps."""
    trained = (int(latest["step"]) + int(latest["kind"] == "step")) / steps_per_epoch
    match latest["kind"]:
        case "val":
            return _Position(trained, trained)
        case "validating":
            return _Position(trained, trained - 1 + latest["done"] / max(1, latest["total"]))
    return _Position(trained, int(latest["step"]) // steps_per_epoch)


def _first_epoch(setup: Event, latest: Event, trained: float) -> _Epoch | None:
    """An epoch before the first one is complete; ``trained``: epochs since the setup. None before the first step."""
    if trained <= 0:
        return None
    validating = latest["kind"] == "validating"
    spent = float(latest.get("seconds", 0.0)) if validating else 0.0
    seconds = (latest["time"] - spent - setup["time"]) / trained
    if validating and latest["done"]:
        whole = spent * latest["total"] / latest["done"]
        return _Epoch((seconds, seconds), (whole * _ONE_EPOCH[0], whole * _ONE_EPOCH[1]))
    pixels = setup.get("val_pixel_ratio")
    low, high = _UNKNOWN_VALIDATION if pixels is None else (pixels * _PER_PIXEL[0], pixels * _PER_PIXEL[1])
    return _Epoch((seconds, seconds), (seconds * low, seconds * high))


@lru_cache(maxsize=256)
def _usual_epoch(path: str, _validated_at: float) -> _Epoch | None:
    """The latest epochs. Reads all events, so the result is cached until the next validation."""
    neighbours = list(pairwise(run_at(Path(path)).timeline(("setup", "resumed", "val"))))
    # Others were interrupted; the first one, after the setup, warms up.
    found = [(before, val) for before, val in neighbours if before["kind"] == val["kind"] == "val"]
    if not found:
        found = [(before, val) for before, val in neighbours if (before["kind"], val["kind"]) == ("setup", "val")]
    if not found:
        return None
    times = [val["time"] - before["time"] for before, val in found[-_LATEST_EPOCHS:]]
    share = median(
        max(0.0, 1 - val.get("train_seconds", seconds) / seconds) if seconds > 0 else 0.0
        for (_, val), seconds in zip(found[-_LATEST_EPOCHS:], times, strict=True)
    )
    if len(times) == 1:
        low, high = times[0] * _ONE_EPOCH[0], times[0] * _ONE_EPOCH[1]
    else:
        middle = median(times)
        low, high = min(*times, 0.95 * middle), max(*times, 1.05 * middle)
    return _Epoch((low * (1 - share), high * (1 - share)), (low * share, high * share))
