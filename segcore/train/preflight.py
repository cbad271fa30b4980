"""Preflight: what would go wrong, how long it will take and what it will need, before a training is started.

A short job (`segcore.jobs`): it reads the data as the training would, takes three real steps (trial.py), and draws
conclusions (findings.py). What it answers:

    data       for "train" and "val": how many images, their sizes, pixels and shares of each class, what is broken
    classes, colours
    leaks      pictures that are in both splits
    trial      the measurements, or null where they failed
    time       seconds of a step, an epoch and the whole training, each as [low, likely, high]; null without a trial
    disk       bytes needed and free
    findings   the gravest first: kind, severity, text, advice, change
"""

import errno
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from statistics import median
from typing import Any

import torch

from segcore.data.facts import MOST_LOOKED_AT, SplitFacts, look_at, shared_pictures
from segcore.errors import Message
from segcore.runs import Emit, Request
from segcore.runs.queue import borrow, using
from segcore.train import findings as rules
from segcore.train.config import TrainConfig, make_config
from segcore.train.datasets import Data, open_data
from segcore.train.failures import is_out_of_memory
from segcore.train.findings import Finding
from segcore.train.speed import pick_device
from segcore.train.trial import STAGES, Trial, try_out

SPREAD = 0.1
"""A machine is never more even than this: the range of a time is at least ± 10 %."""
_READING = 50.0
"""Percent of the progress that reading the data counts for."""

Range = tuple[float, float, float]


def question(config: TrainConfig) -> dict[str, Any]:
    """The settings on which the answer depends, for `segcore.jobs.start_job`."""
    return config.model_copy(update={"title": "", "licence": ""}).to_json()


def work(
    settings: Mapping[str, Any], emit: Emit, asked: Callable[[], Request | None], folder: Path
) -> dict[str, Any] | None:
    """The job's function, see segcore/jobs/table.py.

    Raises:
        SegcoreError: the settings, data, model or device do not fit at all.
    """
    config = make_config(settings)
    data = open_data(config)
    facts = _read(data, emit, asked)
    if facts is None:
        return None
    train, val = facts
    leaks = shared_pictures(train, val)
    classes = tuple(data.train.classes)
    found = list(rules.about_data(config, classes, train, val, leaks))
    trial: Trial | None = None
    if not any(finding.severity == "error" for finding in found):  # else the steps would only meet the same
        try:
            trial = _measured(config, emit, asked, folder)
        except (RuntimeError, MemoryError, OSError) as error:
            found.append(_explained(config, error, folder))
        if asked() is not None:
            return None
    free = shutil.disk_usage(folder).free
    time = None if trial is None else times(config, trial, steps_per_epoch=trial.facts["steps_per_epoch"])
    needed = None if trial is None else disk_needed(config, trial)
    if trial is not None and time is not None and needed is not None:
        found += [
            *rules.about_trial(config, trial, has_card=pick_device("auto") != "cpu"),
            *rules.about_time(time["run"][1]),
            *rules.about_disk(needed, free),
        ]
    return {
        "classes": classes,
        "colours": data.train.colours,
        "data": {"train": train.to_json(), "val": val.to_json()},
        "leaks": leaks[:100],
        "trial": None if trial is None else trial.to_json(),
        "time": time,
        "disk": {"needed": needed, "free": free},
        "findings": [finding.to_json() for finding in rules.by_severity(found)],
    }


def times(config: TrainConfig, trial: Trial, *, steps_per_epoch: int) -> dict[str, Range]:
    """Seconds of a step, an epoch and the whole training, each (low, likely, high).

    Low and high are what it comes to if every step were like the fastest or the slowest that was timed, and at least
    SPREAD off.
    """
    validation = trial.val_batches * trial.step_seconds(trial.val_compute, trial.val_load, config.workers)
    writing = trial.save + trial.samples[0]

    def whole(compute: float, factor: float) -> tuple[float, float, float]:
        step = trial.step_seconds(compute, trial.load, config.workers) * factor
        epoch = steps_per_epoch * step + validation * factor + writing
        return step, epoch, trial.build + config.epochs * epoch

    cases = [
        whole(min(trial.compute), 1 - SPREAD),
        whole(median(trial.compute), 1.0),
        whole(max(trial.compute), 1 + SPREAD),
    ]
    low, likely, high = cases
    return {name: (low[index], likely[index], high[index]) for index, name in enumerate(("step", "epoch", "run"))}


def disk_needed(config: TrainConfig, trial: Trial) -> int:
    """Bytes that the training writes at most.

    Best and last weights, the state to go on from, a new copy of the largest of them while the old one is still there,
    and the watched samples of every epoch.
    """
    files = 2 * trial.checkpoint + trial.resume + max(trial.checkpoint, trial.resume)
    return files + config.epochs * trial.samples[1]


def _read(data: Data, emit: Emit, asked: Callable[[], Request | None]) -> tuple[SplitFacts, SplitFacts] | None:
    total = min(len(data.train), MOST_LOOKED_AT) + min(len(data.val), MOST_LOOKED_AT)
    done = 0

    def step() -> bool:
        nonlocal done
        done += 1
        emit(
            "progress", done=_READING * done / total, total=100, doing="reading", detail=f"{done} / {total}", left=None
        )
        return asked() is not None

    train = look_at(data.train, step)
    val = None if train is None else look_at(data.val, step)
    return None if train is None or val is None else (train, val)


def _measured(config: TrainConfig, emit: Emit, asked: Callable[[], Request | None], folder: Path) -> Trial | None:
    """The trial, alone on its device: beside another training it would measure that one too."""
    device = pick_device(config.device)
    device = "cuda:0" if device == "cuda" else device
    stage = 0

    def progress(doing: str, detail: str = "") -> None:
        share = _READING + (100 - _READING) * stage / STAGES
        emit("progress", done=share, total=100, doing=doing, detail=detail, left=None)

    def step() -> bool:
        nonlocal stage
        stage += 1
        progress("steps")
        return asked() is not None

    with borrow(
        device, folder.name, asked=asked, on_wait=lambda: progress("waiting", ", ".join(using(device)))
    ) as ours:
        if not ours:
            return None
        progress("building")
        return try_out(config, step, folder)


def _explained(config: TrainConfig, error: Exception, folder: Path) -> Finding:
    """What the trial met, as a finding.

    Raises:
        Exception: the same error, where it is none of those that a setting or a free disk mends.
    """
    if is_out_of_memory(error):
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
        return rules.found("out_of_memory", rules.halved(config), batch=config.batch_size, size=config.size)
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        free = rules.in_bytes(shutil.disk_usage(folder).free)
        return rules.found("disk_full", needed=Message("more than there is"), free=free)
    raise error
