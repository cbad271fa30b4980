"""One attempt at a run: from its last save, or its beginning, to its end or to whatever stops it.

Every process of a training does the same here; what lies in the run's folder, the first one alone has written.
"""

import logging
import os
import platform
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Literal

import torch

from segcore import __version__
from segcore.checkpoint import Score
from segcore.errors import BadConfig, BadDataset, Message, joined
from segcore.runs import Emit, Request, Run
from segcore.train import collectives
from segcore.train.compute_mode import name_of, pick_devices
from segcore.train.config import TrainConfig, make_config
from segcore.train.loop import fit
from segcore.train.parts import Parts, build
from segcore.train.process.epoch_samples import write_samples, write_truth
from segcore.train.process.resume import load_state, restore, save_state

_OF_EACH_MACHINE = {"device", "devices", "node_rank", "rendezvous", "workers"}
"""Settings in which the machines of a training may differ."""


def attempt(run: Run, asked: Callable[[], Request | None], emit: Emit | None = None) -> str:
    """Build what the plan says, go on where the last save was, train.

    Args:
        run: what to do.
        asked: what this process has heard that it should do.
        emit: takes the events; None writes those of this rank into the folder.

    Returns:
        The last state: finished, stopped or paused.
    """
    emit = _emit_of_rank(run) if emit is None else emit
    config = make_config(run.plan)
    _check_machines(config)
    saved = collectives.first_says(lambda: load_state(run.resume_path))
    if (run.last("state") or {}).get("state") != "starting":  # it waited for its device, or begins once more
        emit("state", state="starting")
    parts = build(config, speed=None if saved is None else saved.speed)
    _check_data(parts)
    if saved is not None:
        restore(parts, saved)
    emit("setup", **describe(parts))
    if run.last("step") is not None or run.last("val") is not None:
        step = parts.first_epoch * parts.steps_per_epoch + parts.first_step
        emit("resumed", epoch=parts.first_epoch, step=step)
    emit("state", state="running")
    if collectives.is_first():
        write_truth(run.samples_dir, parts)

    def show(epoch: int) -> None:
        if parts.config.samples and collectives.is_first():
            emit("sample", epoch=epoch, samples=write_samples(run.samples_dir, parts, epoch))

    def keep(which: Literal["best", "last"], scores: list[Score]) -> None:
        if collectives.is_first():
            parts.save(run.checkpoint_path(which), scores)

    with _warnings_to(emit):
        return fit(
            parts,
            emit,
            asked,
            keep=keep,
            save=lambda epoch, step: save_state(run.resume_path, parts, epoch=epoch, step=step),
            show=show,
        )


def _emit_of_rank(run: Run) -> Emit:
    """The first process writes all events. Each further machine has a folder of its own, which tells how it went."""

    def emit(kind: str, /, **facts: Any) -> None:
        if collectives.is_first() or (collectives.is_first_here() and kind in ("state", "setup", "warning")):
            run.emit(kind, **facts)

    return emit


@contextmanager
def _warnings_to(emit: Emit) -> Iterator[None]:
    """What the package warns of while it trains becomes an event: the run goes on, but somebody should know."""

    class ToEvents(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            emit("warning", cause=getattr(record, "cause", "other"), reason=record.getMessage())

    handler = ToEvents(logging.WARNING)
    log = logging.getLogger("segcore")
    log.addHandler(handler)
    try:
        yield
    finally:
        log.removeHandler(handler)


def _check_machines(config: TrainConfig) -> None:
    """Processes with different settings would wait for each other for ever, or train nonsense."""
    mine = {name: value for name, value in config.to_json().items() if name not in _OF_EACH_MACHINE}
    first = collectives.first_says(lambda: mine)
    differing = [f"{name} ({first[name]!r} and {mine[name]!r})" for name in mine if mine[name] != first[name]]
    everywhere = sorted({words for found in collectives.of_all(differing) for words in found})
    if everywhere:
        raise BadConfig(
            "The machines of this training have different settings: {everywhere}. Start it on all of them with the "
            "same ones.",
            everywhere=everywhere,
        )


def _check_data(parts: Parts) -> None:
    sizes = {(len(parts.data.train), len(parts.data.val), parts.classes)}
    found = set().union(*collectives.of_all(sizes))
    if len(found) > 1:
        numbers = [
            Message("{train} + {val} images of {count} classes", train=train, val=val, count=len(classes))
            for train, val, classes in found
        ]
        raise BadDataset(
            "The machines of this training see different data: {numbers}. Give all of them the same copy.",
            numbers=joined(numbers, " and "),
        )


def describe(parts: Parts) -> dict[str, Any]:
    """What the run found when it set up: machine, data, model. Makes a later reader independent of this machine."""
    return {
        "classes": list(parts.classes),
        "colours": [list(colour) for colour in parts.data.train.colours],
        "data_title": parts.data.train.title,
        "train_images": len(parts.data.train),
        "val_images": len(parts.data.val),
        "steps_per_epoch": parts.steps_per_epoch,
        "parameters": sum(parameter.numel() for parameter in parts.net.parameters()),
        "device": parts.speed.device,
        "devices": list(pick_devices(parts.config)),
        "processes": collectives.ranks(),
        "device_name": name_of(parts.speed.device),
        "precision": parts.speed.precision,
        "channels_last": parts.speed.channels_last,
        "timings_ms": parts.speed.timings,
        "threads": torch.get_num_threads(),
        "versions": {"segcore": __version__, "torch": torch.__version__, "python": platform.python_version()},
        "pid": os.getpid(),
    }
