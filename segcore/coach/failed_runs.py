"""Advice about a run that failed or was lost: what happened, the likely cause, and the changes that may fix it.

The worker names the cause and its facts (`segcore.train.process.failures`); of a run that was killed there is no such
record. The plan of the run replaces a missing fact, or the sentence of the worker replaces the text.
"""

import shutil
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from segcore.advice import UNKNOWN, Advice, Remedy, half_batch, rounded
from segcore.errors import read_reason
from segcore.formatting import byte_size
from segcore.runs import Event, Run

_MEMORY_WAS_FULL = 0.9
"""Share of the machine's memory at the last measurement, above which memory is the likely cause of a sudden end."""
_SMALLEST = 32
"""Side of the training crops that every network accepts."""
_RESUME = Remedy("resume")
_RESUME_FIXED = Remedy("resume", label="fixed")
_RETRY = Remedy("resume", label="retry")
_EDIT = Remedy("edit")


def failure_advice(run: Run) -> Advice:
    """The advice for the cause of a failure."""
    failed = _FailedRun(run)
    return RULES.get(failed.cause, _error)(failed)


def resume_point(run: Run) -> tuple[int | None, int] | None:
    """Where a run would resume: (complete epochs, steps of the next one).

    None where nothing was saved; the epochs are None where the place of the save is unknown.
    """
    facts = (run.last("state") or {}).get("facts") or {}
    if facts.get("saved_epoch") is not None:
        return facts["saved_epoch"], facts.get("saved_step") or 0
    if not run.resume_path.exists():
        return None
    validation = run.last("val")
    return (None if validation is None else validation["epoch"] + 1), 0


class _FailedRun:
    """What is known about a failure."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.cause = run.cause()
        self.record: Event = run.last("state") or {}
        self.facts: Mapping[str, Any] = self.record.get("facts") or {}
        self.reason = read_reason(self.record)

    @cached_property
    def plan(self) -> dict[str, Any]:
        return self.run.plan

    def setting(self, name: str, otherwise: Any) -> Any:
        """The value of a setting at the time of the failure."""
        return self.facts.get(name, self.plan.get(name, otherwise))

    def advice(self, name: str, facts: Mapping[str, Any], *remedies: Remedy) -> Advice:
        """The rule's advice; its text is the worker's sentence where a fact of ours is missing."""
        stated = {"stated": self.reason} if self.reason and None in facts.values() else {}
        return Advice(f"failure.{name}", "error", {**facts, **stated}, remedies)

    def stated(self, name: str, *remedies: Remedy) -> Advice:
        """Advice whose text is the worker's sentence."""
        return Advice(f"failure.{name if self.reason else 'error'}", "error", {"stated": self.reason}, remedies)

    def check_data(self) -> tuple[Remedy, ...]:
        """The check of the first dataset that is a folder."""
        folders = [str(place) for place in self.plan.get("data", ()) if "/" in str(place) or "\\" in str(place)]
        return (Remedy("check_data", {"data": folders[0]}),) if folders else ()

    def last_moment(self) -> str:
        """Local time of the last event."""
        times = [event["time"] for kind in ("state", "step", "val", "meter") if (event := self.run.last(kind))]
        return f"{datetime.fromtimestamp(max(times)):%Y-%m-%d %H:%M}" if times else UNKNOWN


def _resume_with(**changes: Any) -> Remedy:
    return Remedy("resume", changes)


def _nan(failed: _FailedRun) -> Advice:
    step = failed.run.last("step") or {}
    rate = float(failed.setting("learning_rate", 0.0))
    facts = {"epoch": step["epoch"] + 1 if "epoch" in step else None, "step": step.get("step"), "rate": rate or None}
    if not rate:
        return failed.advice("nan", facts, _RESUME)
    half = rounded(rate / 2)
    lower = (_resume_with(learning_rate=rounded(rate / 10)), _resume_with(learning_rate=half))
    return failed.advice("nan", facts, *lower, _resume_with(learning_rate=half, on_nan="roll_back"))


def _out_of_memory(failed: _FailedRun) -> Advice:
    batch, accumulate = int(failed.setting("batch_size", 1)), int(failed.setting("accumulate", 1))
    size = int(failed.setting("size", 256))
    remedies = []
    if batch > 1:
        halved = half_batch(batch, accumulate)
        remedies += [Remedy("resume", halved), _resume_with(**halved, on_out_of_memory="halve_batch")]
    smaller = max(_SMALLEST, size // 2 // _SMALLEST * _SMALLEST)
    if smaller < size:
        remedies.append(Remedy("edit", {"size": smaller}))
    return failed.advice("out_of_memory", {"batch": batch, "size": size}, *remedies)


def _data_vanished(failed: _FailedRun) -> Advice:
    file = failed.facts.get("file")
    is_back = bool(file) and Path(str(file)).exists()
    return failed.advice("data_back" if is_back else "data_vanished", {"file": file}, _RESUME)


def _unknown_label(failed: _FailedRun) -> Advice:
    remedies = (_RESUME_FIXED, *failed.check_data())
    if failed.facts.get("kind") in ("jpeg_mask", "colour_mask"):  # not a single value, the whole file is wrong
        return failed.stated("not_labels", *remedies)
    facts = {
        "file": failed.facts.get("file"),
        "values": failed.facts.get("values", failed.facts.get("value")),
        "classes": failed.facts.get("classes") or UNKNOWN,
    }
    return failed.advice("unknown_label", facts, *remedies)


def _loader(failed: _FailedRun) -> Advice:
    workers = int(failed.setting("workers", 0))
    remedies = [_resume_with(workers=0)] if workers else [_RESUME]
    if workers > 1:
        remedies.append(_resume_with(workers=workers // 2))
    return failed.advice("loader", {"workers": workers}, *remedies)


def _disk_full(failed: _FailedRun) -> Advice:
    run = failed.run
    files = (run.resume_path, run.checkpoint_path("last"))
    needed = sum(path.stat().st_size for path in files if path.exists())  # they are written beside the old ones
    free = byte_size(shutil.disk_usage(run.path).free)
    return failed.advice("disk_full", {"free": free, "needed": byte_size(needed) if needed else UNKNOWN}, _RESUME)


def _killed(failed: _FailedRun) -> Advice:
    pid = (failed.run.last("setup") or {}).get("pid", UNKNOWN)
    facts: dict[str, Any] = {"pid": pid, "moment": failed.last_moment()}
    rule = "rank_killed" if failed.record.get("state") == "failed" else "killed"  # another rank wrote the record
    meter = failed.run.last("meter") or {}
    used, total = meter.get("memory_used_mb"), meter.get("memory_total_mb")
    if used and total and used / total >= _MEMORY_WAS_FULL:
        rule = "killed_memory"
        facts |= {"used": round(used / 1000, 1), "total": round(total / 1000)}
    remedies = [_RESUME]
    if int(failed.setting("workers", 0)):
        remedies.append(_resume_with(workers=0))
    batch = int(failed.setting("batch_size", 1))
    if batch > 1:
        remedies.append(Remedy("resume", half_batch(batch, int(failed.setting("accumulate", 1)))))
    return failed.advice(rule, facts, *remedies)


def _peer(failed: _FailedRun) -> Advice:
    processes = int(failed.plan.get("devices", 1)) * int(failed.plan.get("nodes", 1))
    return failed.advice("peer", {"processes": processes}, _RESUME, _EDIT)


def _not_available(failed: _FailedRun) -> Advice:
    device = str(failed.plan.get("device", "auto"))
    other = () if device in ("auto", "cpu") else (Remedy("edit", {"device": "auto"}),)
    return failed.stated("not_available", _RETRY, *other, _EDIT)


def _stated(name: str, *remedies: Remedy) -> Callable[[_FailedRun], Advice]:
    """A rule whose text is the worker's sentence."""
    return lambda failed: failed.stated(name, *remedies)


_error = _stated("error", _RESUME, _EDIT)

RULES: dict[str, Callable[[_FailedRun], Advice]] = {
    "nan": _nan,
    "out_of_memory": _out_of_memory,
    "data_vanished": _data_vanished,
    "data_changed": _stated("data_changed", Remedy("resume", label="changed_data")),
    "unknown_label": _unknown_label,
    "data": lambda failed: failed.stated("data", _RESUME_FIXED, _EDIT, *failed.check_data()),
    "loader": _loader,
    "disk_full": _disk_full,
    "killed": _killed,
    "rebooted": lambda failed: failed.advice("rebooted", {"moment": failed.last_moment()}, _RESUME),
    "peer": _peer,
    "start": _stated("start", _RETRY),
    "not_available": _not_available,
    "settings": _stated("settings", _EDIT),
    "state": _stated("state", _EDIT),
    "error": _error,
}
"""By cause: one of `Run.cause`."""
