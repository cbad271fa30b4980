"""The process of a run: glue between its folder and the loop.

    python -m segcore.train.worker RUN_FOLDER [--again]

With ``--again`` a run that was started before goes on where it was. Whatever goes wrong becomes a ``failed`` state with
a sentence for people and a ``cause`` for programs; the traceback stays in the run's log.
"""

import errno
import gc
import itertools
import os
import platform
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from segcore import __version__
from segcore.errors import BadConfig, BadDataset, BadImage, NotAvailable, SegcoreError
from segcore.runs import Emit, Run, run_at
from segcore.runs.queue import turn
from segcore.train.config import TrainConfig, make_config
from segcore.train.loop import ENDINGS, Diverged, fit
from segcore.train.meters import meters
from segcore.train.parts import Parts, build
from segcore.train.resume import load_state, restore, save_state
from segcore.train.samples import write_samples, write_truth
from segcore.train.speed import pick_device

_MOST_REMEDIES = 6
"""A rate that was halved so often is not the problem."""


def run_worker(run: Run, *, again: bool = False, watch: Callable[[str, dict[str, Any]], None] | None = None) -> str:
    """Carry out a run from its plan, or from where it was, to its last state.

    Args:
        run: a run that nobody else is working on.
        again: whether a run that was started before is meant to go on; not asked when the launcher handed down a lock.
        watch: also receives the kind and the facts of every event, as the command line does to print them.

    Returns:
        The last state: finished, stopped, paused or failed.

    Raises:
        BadRun: another process works on the run, or it has been started before and is not meant to go on.
    """

    def emit(kind: str, /, **facts: Any) -> None:
        run.emit(kind, **facts)
        if watch is not None:
            watch(kind, facts)

    with run.hold(again=again):
        state, cause, reason = "failed", "", ""
        try:
            state = _in_turn(run, emit)
        except KeyboardInterrupt:
            state, cause, reason = "stopped", "interrupted", "Interrupted from the keyboard; the last save is kept."
        except Exception as error:  # whatever it is, the run must say that it failed
            cause, reason = _explained(error)
            if not isinstance(error, SegcoreError):
                traceback.print_exc()
        emit("state", state=state, **({"cause": cause, "reason": reason} if reason else {}))
        return state


def _in_turn(run: Run, emit: Emit) -> str:
    """Wait until the device is free, then train; returns the last state."""
    device = _device(run)
    with turn(run, device, on_wait=lambda: emit("state", state="queued", device=device)) as ours:
        if not ours:
            return ENDINGS[run.asked() or "stop"]
        with meters(run.emit, device, run.path):
            return _with_remedies(run, emit)


def _device(run: Run) -> str:
    """The device to wait for. A function of its own, so that the state it reads is gone while the run trains."""
    saved = load_state(run.resume_path)
    device = pick_device(make_config(run.plan).device if saved is None else saved.speed.device)
    return "cuda:0" if device == "cuda" else device  # one device must not have two queues


def _with_remedies(run: Run, emit: Emit) -> str:
    """Train; where the configuration allows it, change a setting and go on after what would else be the end."""
    for remedies in itertools.count():
        try:
            return _train(run, emit)
        except (Diverged, RuntimeError, MemoryError) as error:
            changes = _remedy(make_config(run.plan), error)
            if not changes or remedies == _MOST_REMEDIES:
                raise
            cause, reason = _explained(error)
        # Out here the error is gone, and with it the frames that held on to the device's memory.
        gc.collect()
        torch.cuda.empty_cache()
        emit("amended", changes=changes, cause=cause, reason=reason)
    raise AssertionError("counting has no end")


def _train(run: Run, emit: Emit) -> str:
    """Build what the plan says, go on where the last save was, train; returns the last state."""
    saved = load_state(run.resume_path)
    if (run.last("state") or {}).get("state") != "starting":  # it waited for its device, or begins once more
        emit("state", state="starting")
    parts = build(make_config(run.plan), speed=None if saved is None else saved.speed)
    if saved is not None:
        restore(parts, saved)
    emit("setup", **describe(parts))
    if run.last("step") is not None or run.last("val") is not None:
        step = parts.first_epoch * parts.steps_per_epoch + parts.first_step
        emit("resumed", epoch=parts.first_epoch, step=step)
    emit("state", state="running")
    write_truth(run.samples_dir, parts)

    def show(epoch: int) -> None:
        if parts.config.samples:
            emit("sample", epoch=epoch, samples=write_samples(run.samples_dir, parts, epoch))

    return fit(
        parts,
        emit,
        run.asked,
        keep=lambda which, scores: parts.save(run.checkpoint_path(which), scores),
        save=lambda epoch, step: save_state(run.resume_path, parts, epoch=epoch, step=step),
        show=show,
    )


def _remedy(config: TrainConfig, error: Exception) -> dict[str, Any]:
    """The settings to change after an error, as the configuration wishes; empty where it does not."""
    if isinstance(error, Diverged) and config.on_nan == "roll_back":
        return {"learning_rate": config.learning_rate / 2}
    if is_out_of_memory(error) and config.on_out_of_memory == "halve_batch" and config.batch_size > 1:
        return {"batch_size": config.batch_size // 2, "accumulate": config.accumulate * 2}
    return {}


def is_out_of_memory(error: Exception) -> bool:
    """CUDA has an error of its own; the allocator of the CPU says it in words."""
    return isinstance(error, torch.OutOfMemoryError | MemoryError) or "DefaultCPUAllocator" in str(error)


def _explained(error: Exception) -> tuple[str, str]:
    """A word for programs, such as a page that offers remedies, and a sentence for people."""
    if isinstance(error, SegcoreError):
        causes: dict[type[SegcoreError], str] = {
            Diverged: "nan",
            BadDataset: "data",
            BadImage: "data",
            BadConfig: "settings",
            NotAvailable: "not_available",
        }
        return next((word for kind, word in causes.items() if isinstance(error, kind)), "error"), str(error)
    if is_out_of_memory(error):
        return "out_of_memory", (
            "The device ran out of memory. Halve batch_size and double accumulate, or choose a smaller size; "
            "with on_out_of_memory=halve_batch a run does so by itself."
        )
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return "disk_full", (
            "The disk is full. What was saved before is whole: free some space, then let the run go on. "
            "It loses at most the epoch in hand."
        )
    if isinstance(error, RuntimeError) and "DataLoader worker" in str(error):
        return "loader", (
            f"A process that prepares batches died: {str(error).splitlines()[0]} Set workers to 0, or give the "
            "machine more shared memory."
        )
    return "error", f"{type(error).__name__}: {error}. The log of the run has the details."


def describe(parts: Parts) -> dict[str, Any]:
    """What the run found when it set up: machine, data, model. Makes a later reader independent of this machine."""
    return {
        "classes": list(parts.classes),
        "colours": [list(colour) for colour in parts.data.train.colours],
        "train_images": len(parts.data.train),
        "val_images": len(parts.data.val),
        "steps_per_epoch": parts.steps_per_epoch,
        "parameters": sum(parameter.numel() for parameter in parts.net.parameters()),
        "device": parts.speed.device,
        "device_name": device_name(parts),
        "precision": parts.speed.precision,
        "channels_last": parts.speed.channels_last,
        "timings_ms": parts.speed.timings,
        "threads": torch.get_num_threads(),
        "versions": {"segcore": __version__, "torch": torch.__version__, "python": platform.python_version()},
        "pid": os.getpid(),
    }


def device_name(parts: Parts) -> str:
    """What people call the device."""
    if parts.speed.device.startswith("cuda"):
        return torch.cuda.get_device_name(parts.fabric.device)
    return f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores"


def main(arguments: list[str]) -> int:
    """Entry point of the process."""
    folders = [word for word in arguments if word != "--again"]
    if len(folders) != 1:
        print("Usage: python -m segcore.train.worker RUN_FOLDER [--again]", file=sys.stderr)
        return 2
    try:
        return 1 if run_worker(run_at(Path(folders[0])), again="--again" in arguments) == "failed" else 0
    except SegcoreError as error:
        print(error, file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
