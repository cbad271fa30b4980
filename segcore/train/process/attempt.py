"""One attempt at a run: from its last saved state, or its beginning, to its end or an error.

All processes of a distributed training execute this; only the main one writes to the run's folder.
"""

import logging
import os
import platform
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Literal

import torch
from torch.nn.modules.batchnorm import _BatchNorm

from segcore import __version__
from segcore.checkpoint import Score
from segcore.data import working_size
from segcore.errors import BadConfig, BadDataset, Message, SegcoreError, joined, reason_fields
from segcore.runs import Emit, Request, Run
from segcore.train import collectives
from segcore.train.compute_mode import name_of, pick_devices
from segcore.train.config import TrainConfig
from segcore.train.data_changes import check_data
from segcore.train.loop import Callbacks, fit
from segcore.train.parts import Parts, build
from segcore.train.process.epoch_samples import write_ground_truth, write_samples
from segcore.train.process.resume import load_state, restore, save_state
from segcore.train.training_data import use_json

log = logging.getLogger(__name__)

_PER_MACHINE = {"device", "devices", "node_rank", "rendezvous", "workers"}
"""Settings that may differ between the machines of a training."""


def attempt(run: Run, config: TrainConfig, requested: Callable[[], Request | None], emit: Emit | None = None) -> str:
    """Build the parts, restore the last saved state, train; returns the last state: finished, stopped or paused.

    ``emit`` receives the events; None writes those of this rank to the folder.
    """
    emit = _rank_emit(run) if emit is None else emit
    _check_same_settings(config)
    saved = collectives.broadcast(lambda: load_state(run.resume_path))
    if (run.last("state") or {}).get("state") != "starting":  # it has queued for its device, or is retried
        emit("state", state="starting")
    parts = build(config, mode=None if saved is None else saved.mode)
    _check_same_data(parts)
    if collectives.is_main():
        check_data(run, parts.data, is_resumed=saved is not None)
    if saved is not None:
        restore(parts, saved)
    emit("setup", **describe(parts))
    print(*parts.data.uses, sep="\n", flush=True)
    if run.last("step") is not None or run.last("val") is not None:
        step = parts.first_epoch * parts.steps_per_epoch + parts.first_step
        emit("resumed", epoch=parts.first_epoch, step=step)
    emit("state", state="running")
    if collectives.is_main():
        write_ground_truth(run.samples_dir, parts)
    with _warnings_as_events(emit):
        _warn_of_differences(parts)
        with _hashing(parts):
            return fit(parts, run_callbacks(run, parts, emit, requested))


@contextmanager
def _hashing(parts: Parts) -> Iterator[None]:
    """Hash the training images beside the block, in the process that saves checkpoints."""
    if not collectives.is_main():
        yield
        return
    parts.start_hashing()
    try:
        yield
    finally:
        if parts.hashing is not None:
            parts.hashing.stop()


def run_callbacks(run: Run, parts: Parts, emit: Emit, requested: Callable[[], Request | None]) -> Callbacks:
    """The callbacks of a training that lives in a run's folder."""

    def save_checkpoint(which: Literal["best", "last"], scores: list[Score]) -> None:
        if collectives.is_main():
            parts.save(run.checkpoint_path(which), scores)

    def save_epoch_samples(epoch: int) -> None:
        if parts.config.samples and collectives.is_main():
            emit("sample", epoch=epoch, samples=write_samples(run.samples_dir, parts, epoch))

    return Callbacks(
        emit=emit,
        requested=requested,
        save_checkpoint=save_checkpoint,
        save_state=lambda epoch, step: save_state(run.resume_path, parts, epoch=epoch, step=step),
        save_samples=save_epoch_samples,
    )


def _warn_of_differences(parts: Parts) -> None:
    """Warn where accumulated batches or several processes do not train like one process with one large batch."""
    config, processes = parts.config, collectives.world_size()
    is_synced = processes == 1 or config.sync_batchnorm == "on"
    has_batch_norm = any(isinstance(module, _BatchNorm) and module.training for module in parts.net.modules())
    if has_batch_norm and (config.accumulate > 1 or not is_synced):
        share = config.batch_size if is_synced else config.batch_size // processes
        reason = Message(
            "Batch norm has the statistics of {share} images at a time, not of all {images} images of a step; "
            "everything else is as with one batch of {images}. With norm=group there is no such difference.",
            share=share,
            images=config.batch_size * config.accumulate,
        )
        log.warning(reason, extra={"cause": "batch_norm"})
    if processes > 1 and not parts.loss.adds_up:
        reason = Message(
            "The loss {loss} is computed by each process for its share of the images and then averaged, which differs "
            "from a single process.",
            loss=config.loss,
        )
        log.warning(reason, extra={"cause": "loss"})


def _rank_emit(run: Run) -> Emit:
    """The main process writes all events; each further machine records its states and setup in its own folder."""

    def emit(kind: str, /, **facts: Any) -> None:
        if collectives.is_main() or (collectives.is_main_on_machine() and kind in ("state", "setup", "warning")):
            run.emit(kind, **facts)

    return emit


@contextmanager
def _warnings_as_events(emit: Emit) -> Iterator[None]:
    """Turn the package's log warnings into events until the end of the block."""

    class EventHandler(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            reason = record.msg if isinstance(record.msg, Message) else record.getMessage()
            print(f"Warning: {reason}", file=sys.stderr, flush=True)  # the log of the run
            emit("warning", cause=getattr(record, "cause", "other"), **reason_fields(reason))

    handler = EventHandler(logging.WARNING)
    log = logging.getLogger("segcore")
    log.addHandler(handler)
    try:
        yield
    finally:
        log.removeHandler(handler)


def _check_same_settings(config: TrainConfig) -> None:
    """With different settings, processes would wait for each other forever or train nonsense."""
    mine = {name: value for name, value in config.to_json().items() if name not in _PER_MACHINE}
    first = collectives.broadcast(lambda: mine)
    differing = [f"{name} ({first[name]!r} and {mine[name]!r})" for name in mine if mine[name] != first[name]]
    everywhere = sorted({words for found in collectives.all_gather(differing) for words in found})
    if everywhere:
        raise BadConfig(
            "The machines of this training have different settings: {everywhere}. Start it on all of them with the "
            "same ones.",
            everywhere=everywhere,
        )


def _check_same_data(parts: Parts) -> None:
    sizes = {(len(parts.data.train), len(parts.data.val), parts.classes)}
    found = set().union(*collectives.all_gather(sizes))
    if len(found) > 1:
        numbers = [
            Message("{train} + {val} images of {count} classes", train=train, val=val, count=len(classes))
            for train, val, classes in found
        ]
        raise BadDataset(
            "The machines of this training see different data: {numbers}. Give all of them the same copy.",
            numbers=joined(numbers, " and "),
        )


def _val_pixel_ratio(parts: Parts) -> float | None:
    """Pixels that an epoch validates for each one it trains on, by its first image; None if that cannot be read."""
    try:
        height, width = working_size(parts.data.val[0].labels.shape, parts.config.working_side)
    except SegcoreError:
        return None
    trained = parts.steps_per_epoch * parts.images_per_step * parts.config.size**2
    return round(len(parts.data.val) * height * width / trained, 4)


def describe(parts: Parts) -> dict[str, Any]:
    """Machine, data and model of a run, for its ``setup`` event."""
    return {
        "classes": list(parts.classes),
        "colours": [list(colour) for colour in parts.data.train.colours],
        "data_title": parts.data.train.title,
        "data_use": [use_json(use) for use in parts.data.uses],
        "train_images": len(parts.data.train),
        "val_images": len(parts.data.val),
        "steps_per_epoch": parts.steps_per_epoch,
        "val_pixel_ratio": _val_pixel_ratio(parts),
        "parameters": sum(parameter.numel() for parameter in parts.net.parameters()),
        "device": parts.mode.device,
        "devices": list(pick_devices(parts.config)),
        "processes": collectives.world_size(),
        "device_name": name_of(parts.mode.device),
        "precision": parts.mode.precision,
        "channels_last": parts.mode.channels_last,
        "timings_ms": parts.mode.timings,
        "threads": torch.get_num_threads(),
        "versions": {"segcore": __version__, "torch": torch.__version__, "python": platform.python_version()},
        "pid": os.getpid(),
    }
