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
from collections.abc import Mapping
from pathlib import Path
from statistics import median
from typing import Any

import torch

from segcore.data.statistics import MOST_LOOKED_AT, SplitFacts, look_at, shared_pictures
from segcore.errors import Message
from segcore.job_context import Cancelled, JobContext
from segcore.runs.queue import borrow, using
from segcore.train.checks import findings
from segcore.train.checks.findings import Finding
from segcore.train.checks.trial import STAGES, Trial, try_out
from segcore.train.compute_mode import pick_device
from segcore.train.config import TrainConfig, make_config
from segcore.train.process.failures import is_out_of_memory
from segcore.train.training_data import Data, open_data

SPREAD = 0.1
"""A machine is never more even than this: the range of a time is at least ± 10 %."""
_READING = 50.0
"""Percent of the progress that reading the data counts for."""

Range = tuple[float, float, float]


def question(config: TrainConfig) -> dict[str, Any]:
    """The settings on which the answer depends, for `segcore.jobs.start_job`."""
    return config.model_copy(update={"title": "", "licence": ""}).to_json()


def work(settings: Mapping[str, Any], job: JobContext) -> dict[str, Any]:
    """The job's function, see segcore/jobs/table.py.

    Raises:
        SegcoreError: the settings, data, model or device do not fit at all.
    """
    config = make_config(settings)
    data = open_data(config)
    train, val = _read(data, job)
    leaks = shared_pictures(train, val)
    classes = tuple(data.train.classes)
    found = list(findings.about_data(config, classes, train, val, leaks))
    trial: Trial | None = None
    if not any(finding.severity == "error" for finding in found):  # else the steps would only meet the same
        try:
            trial = _measured(config, job)
        except (RuntimeError, MemoryError, OSError) as error:
            found.append(_explained(config, error, job.folder))
    free = shutil.disk_usage(job.folder).free
    time = None if trial is None else times(config, trial, steps_per_epoch=trial.facts["steps_per_epoch"])
    needed = None if trial is None else disk_needed(config, trial)
    if trial is not None and time is not None and needed is not None:
        found += [
            *findings.about_trial(config, trial, has_card=pick_device("auto") != "cpu"),
            *findings.about_time(time["run"][1]),
            *findings.about_disk(needed, free),
        ]
    return {
        "classes": classes,
        "colours": data.train.colours,
        "data": {"train": train.to_json(), "val": val.to_json()},
        "leaks": leaks[:100],
        "trial": None if trial is None else trial.to_json(),
        "time": time,
        "disk": {"needed": needed, "free": free},
        "findings": [finding.to_json() for finding in findings.by_severity(found)],
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


def _read(data: Data, job: JobContext) -> tuple[SplitFacts, SplitFacts]:
    total = min(len(data.train), MOST_LOOKED_AT) + min(len(data.val), MOST_LOOKED_AT)
    done = 0

    def step() -> bool:
        nonlocal done
        done += 1
        job.progress(_READING * done / total, 100, doing="reading", detail=f"{done} / {total}", steady=False)
        return False

    train, val = look_at(data.train, step), look_at(data.val, step)
    assert train is not None and val is not None, "step never gives up"
    return train, val


def _measured(config: TrainConfig, job: JobContext) -> Trial:
    """The trial, alone on its device: beside another training it would measure that one too."""
    device = pick_device(config.device)
    device = "cuda:0" if device == "cuda" else device
    stage = 0

    def progress(doing: str, detail: str = "") -> None:
        share = _READING + (100 - _READING) * stage / STAGES
        job.progress(share, 100, doing=doing, detail=detail, steady=False)

    def step() -> bool:
        nonlocal stage
        stage += 1
        progress("steps")
        return False

    on_wait = lambda: progress("waiting", ", ".join(using(device)))  # noqa: E731
    with borrow(device, job.folder.name, asked=job.cancelled, on_wait=on_wait) as ours:
        if not ours:
            raise Cancelled
        progress("building")
        trial = try_out(config, step, job.folder)
        assert trial is not None, "step never gives up"
        return trial


def _explained(config: TrainConfig, error: Exception, folder: Path) -> Finding:
    """What the trial met, as a finding.

    Raises:
        Exception: the same error, where it is none of those that a setting or a free disk mends.
    """
    if is_out_of_memory(error):
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
        return findings.found("out_of_memory", findings.halved(config), batch=config.batch_size, size=config.size)
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        free = findings.in_bytes(shutil.disk_usage(folder).free)
        return findings.found("disk_full", needed=Message("more than there is"), free=free)
    raise error
