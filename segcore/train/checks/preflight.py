"""Preflight check: problems, time and resources of a training, before it starts.

A short job (`segcore.jobs`): it reads the data as the training would, takes three real steps (trial.py), and draws
conclusions (findings.py).
"""

import itertools
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from statistics import median
from typing import Any

import torch

from segcore.advice import Advice, by_severity
from segcore.data.statistics import MAX_IMAGES_READ, SplitFacts, measure_split, shared_images
from segcore.formatting import byte_size
from segcore.job_context import JobContext
from segcore.train.checks import findings
from segcore.train.checks.trial import STAGES, Trial, reserved_device, try_out
from segcore.train.checks.validation import data_findings
from segcore.train.compute_mode import pick_device
from segcore.train.config import TrainConfig, make_config
from segcore.train.process.failures import explain
from segcore.train.training_data import Data, open_data, use_json

SPREAD = 0.1
"""The range of a time is at least ± 10 %: no machine is steadier."""
_READING = 50.0
"""Percent of the progress that reading the data counts for."""

Range = tuple[float, float, float]


def question(config: TrainConfig, accept: Iterable[str] = ()) -> dict[str, Any]:
    """The settings on which the result depends, for `segcore.jobs.start_job`; ``accept`` as for `require_valid`."""
    settings = config.model_copy(update={"title": "", "licence": ""}).to_json()
    kinds = sorted(set(accept))
    return settings | {"accept": kinds} if kinds else settings


def work(settings: Mapping[str, Any], job: JobContext) -> dict[str, Any]:
    """The job's function, see segcore/jobs/table.py.

    Returns:
        ``data`` of "train" and "val", ``classes``, ``colours``; ``data_use``: which images are used for what, see
        `use_json`; ``leaks``: images in both splits; ``trial`` and ``time``, see `times`, null where the steps failed;
        ``disk``: bytes; ``findings``: advice, errors first.

    Raises:
        SegcoreError: the settings, data, model or device do not fit at all.
    """
    accepted = settings.get("accept", ())
    config = make_config({name: value for name, value in settings.items() if name != "accept"})
    data = open_data(config)
    train, val = _read(data, job)
    leaks = shared_images(train, val)
    classes = tuple(data.train.classes)
    found = [finding for _, about in data_findings(config) for finding in about]
    known = {finding.name for finding in found}
    found += [each for each in findings.about_data(config, classes, train, val, leaks) if each.name not in known]
    free = shutil.disk_usage(job.folder).free
    trial, time, needed = None, None, None
    # Errors of the data would fail the steps, too, or make them meaningless.
    if not any(finding.severity == "error" and finding.name not in accepted for finding in found):
        try:
            trial = _measure(config, job)
        except (RuntimeError, MemoryError, OSError) as error:
            found.append(_explained(config, error, job.folder))
    if trial is not None:
        time = times(config, trial, steps_per_epoch=trial.facts["steps_per_epoch"])
        needed = disk_needed(config, trial)
        found += findings.about_trial(config, trial, has_card=pick_device("auto") != "cpu")
        found += findings.about_time(time["run"][1])
        found += findings.about_disk(needed, free)
    return {
        "classes": classes,
        "colours": data.train.colours,
        "data": {"train": train.to_json(), "val": val.to_json()},
        "data_use": [use_json(use) for use in data.uses],
        "leaks": leaks[:100],
        "trial": None if trial is None else asdict(trial),
        "time": time,
        "disk": {"needed": needed, "free": free},
        "findings": [findings.preflight_json(finding) for finding in by_severity(found)],
    }


def times(config: TrainConfig, trial: Trial, *, steps_per_epoch: int) -> dict[str, Range]:
    """Seconds of a step, an epoch and the whole training, each (low, likely, high).

    Low and high assume that every step were like the fastest or the slowest that was timed, and differ from the likely
    time by at least SPREAD.
    """
    validation = trial.val_batches * trial.step_seconds(trial.val_compute, trial.val_load, config.workers)
    writing = trial.save + trial.samples[0]

    def whole(compute: float, factor: float) -> Range:
        step = trial.step_seconds(compute, trial.load, config.workers) * factor
        epoch = steps_per_epoch * step + validation * factor + writing
        return step, epoch, trial.build + config.epochs * epoch

    low = whole(min(trial.compute), 1 - SPREAD)
    likely = whole(median(trial.compute), 1.0)
    high = whole(max(trial.compute), 1 + SPREAD)
    return dict(zip(("step", "epoch", "run"), zip(low, likely, high, strict=True), strict=True))


def disk_needed(config: TrainConfig, trial: Trial) -> int:
    """Maximum number of bytes that the training writes.

    Best and last weights, the training state, a new copy of the largest of them while the old one still exists, and
    the sample images of every epoch.
    """
    files = 2 * trial.checkpoint + trial.resume + max(trial.checkpoint, trial.resume)
    return files + config.epochs * trial.samples[1]


def _read(data: Data, job: JobContext) -> tuple[SplitFacts, SplitFacts]:
    total = min(len(data.train), MAX_IMAGES_READ) + min(len(data.val), MAX_IMAGES_READ)
    number = itertools.count(1)

    def step() -> None:
        done = next(number)
        job.progress(_READING * done / total, 100, doing="reading", detail=f"{done} / {total}", steady=False)

    return measure_split(data.train, step), measure_split(data.val, step)


def _measure(config: TrainConfig, job: JobContext) -> Trial:
    stage = itertools.count(1)

    def step() -> None:
        job.progress(_READING + (100 - _READING) * next(stage) / STAGES, 100, doing="steps", steady=False)

    with reserved_device(config, job, done=_READING, total=100):
        return try_out(config, step, job.folder)


def _explained(config: TrainConfig, error: Exception, folder: Path) -> Advice:
    """An error of the trial as advice; raises the error itself unless settings or free disk space fix it."""
    cause = explain(error).cause
    if cause == "out_of_memory":
        torch.cuda.empty_cache()
        return findings.found("out_of_memory", config.halved(), batch=config.batch_size, size=config.size)
    if cause == "disk_full":
        free = byte_size(shutil.disk_usage(folder).free)
        return findings.found("disk_full", needed=f"> {free}", free=free)
    raise error
