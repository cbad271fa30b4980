"""The process of a run: glue between its folder and the loop.

    python -m segcore.train.worker RUN_FOLDER

Whatever goes wrong becomes a ``failed`` state with a sentence; the traceback stays in the run's log.
"""

import os
import platform
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from segcore import __version__
from segcore.errors import SegcoreError
from segcore.runs import Run, run_at
from segcore.train.config import make_config
from segcore.train.loop import fit
from segcore.train.parts import Parts, build


def run_worker(run: Run, *, watch: Callable[[str, dict[str, Any]], None] | None = None) -> str:
    """Carry out a run from its spec to its last state.

    Args:
        run: a run that nobody else is working on.
        watch: also receives the kind and the facts of every event, as the command line does to print them.

    Returns:
        The last state: finished, stopped or failed.

    Raises:
        BadRun: another process works on the run, or it has been started before.
    """

    def emit(kind: str, /, **facts: Any) -> None:
        run.emit(kind, **facts)
        if watch is not None:
            watch(kind, facts)

    with run.hold():
        state, reason = "failed", ""
        try:
            parts = build(make_config(run.spec))
            emit("setup", **describe(parts))
            emit("state", state="running")
            state = fit(
                parts, emit, run.stop_asked, keep=lambda which, scores: parts.save(run.checkpoint_path(which), scores)
            )
        except KeyboardInterrupt:
            state, reason = "stopped", "Interrupted from the keyboard; the last finished epoch is kept."
        except SegcoreError as error:
            reason = str(error)
        except torch.OutOfMemoryError:
            traceback.print_exc()
            reason = "The device ran out of memory. Halve batch_size and set accumulate to 2, or choose a smaller size."
        except Exception as error:  # whatever it is, the run must say that it failed
            traceback.print_exc()
            reason = f"{type(error).__name__}: {error}. The log of the run has the details."
        emit("state", state=state, **({"reason": reason} if reason else {}))
        return state


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
    if len(arguments) != 1:
        print("Usage: python -m segcore.train.worker RUN_FOLDER", file=sys.stderr)
        return 2
    try:
        return 0 if run_worker(run_at(Path(arguments[0]))) in ("finished", "stopped") else 1
    except SegcoreError as error:
        print(error, file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
