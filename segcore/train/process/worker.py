"""The process of a run, between its folder and the training loop.

    python -m segcore.train.process.worker RUN_FOLDER [--again]

``--again`` resumes a run that was started before. The worker waits for its devices and makes one attempt, and more if
the configuration allows a remedy. Any error becomes a ``failed`` state; the traceback goes to the run's log.
"""

import gc
import itertools
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import torch

from segcore.errors import BadRun, Message, SegcoreError, reason_fields
from segcore.runs import Emit, Request, Run, run_at
from segcore.runs.lock import FileLock
from segcore.runs.process import sign
from segcore.runs.queue import wait_for_devices
from segcore.train.compute_mode import pick_devices
from segcore.train.config import TrainConfig, make_config
from segcore.train.loop import STATE_AFTER
from segcore.train.process.attempt import attempt
from segcore.train.process.distributed import train_distributed
from segcore.train.process.failures import RanksFailed, explain
from segcore.train.process.meters import meters
from segcore.train.process.resume import load_state
from segcore.train.process.signals import REASON, Shutdown, graceful_shutdown, stack_dumps

_MAX_REMEDIES = 6
"""After this many halvings, the learning rate is not the problem."""


def run_worker(run: Run, *, again: bool = False, watch: Callable[[str, dict[str, Any]], None] | None = None) -> str:
    """Execute a run from its plan, or from its saved state, to its last state: finished, stopped, paused or failed.

    ``watch`` also receives the kind and the facts of every event of this process.

    Raises:
        BadRun: another process works on the run, or it was started before and ``again`` is False.
    """

    def emit(kind: str, /, **facts: Any) -> None:
        run.emit(kind, **facts)
        if watch is not None:
            watch(kind, facts)

    with run.hold(again=again) as lock, graceful_shutdown() as shutdown, stack_dumps(run.log_path):
        sign(lock)
        facts: dict[str, Any] = {}
        try:
            state = _queue_and_train(run, lock, emit, shutdown)
            if shutdown.requested and state == "stopped":
                facts = {"cause": "terminated", "reason": REASON}
        except KeyboardInterrupt:
            state = "stopped"
            facts = {"cause": "interrupted", "reason": Message("Interrupted from the keyboard; the last save is kept.")}
        except Exception as error:  # any error must become the run's last state
            failure = explain(error)
            state, facts = "failed", {"cause": failure.cause, **reason_fields(failure.reason)}
            facts["facts"] = _state_of(run) | failure.facts
            if not isinstance(error, SegcoreError | RanksFailed):
                traceback.print_exc()
        emit("state", state=state, **facts)
        return state


def _queue_and_train(run: Run, lock: FileLock, emit: Emit, shutdown: Shutdown) -> str:
    """Wait for the devices, then make attempts, each with a remedy for the last failure; returns the last state."""

    def requested() -> Request | None:
        return "stop" if shutdown.requested else run.requested()

    config = make_config(run.plan)
    saved = load_state(run.resume_path, header_only=True)
    devices = pick_devices(config, first=saved.mode.device if saved else None)

    def on_wait() -> None:
        emit("state", state="queued", device=" ".join(devices))

    with wait_for_devices(run, devices, on_wait=on_wait, requested=requested) as granted:
        if not granted:
            return STATE_AFTER[requested() or "stop"]
        with meters(run.emit, devices[0], run.path):
            for remedies in itertools.count():
                try:
                    if config.processes > 1:
                        return train_distributed(run, config, lock, shutdown)
                    return attempt(run, config, requested, emit)
                except Exception as error:
                    failure = explain(error)
                    changes = _remedy(config, failure.cause)
                    if not changes or remedies == _MAX_REMEDIES:
                        raise
                # Out here the error is gone, and with it the frames that referred to memory of the device.
                gc.collect()
                torch.cuda.empty_cache()
                emit("amended", changes=changes, cause=failure.cause, **reason_fields(failure.reason))
                config = make_config(run.plan)
    raise AssertionError("the loop only ends by return or raise")


def _remedy(config: TrainConfig, cause: str) -> dict[str, Any]:
    """The settings to change after a failure, as the configuration allows; empty if it does not."""
    if cause == "nan" and config.on_nan == "roll_back":
        return {"learning_rate": config.learning_rate / 2}
    if cause == "out_of_memory" and config.on_out_of_memory == "halve_batch":
        return config.halved()
    return {}


def _state_of(run: Run) -> dict[str, Any]:
    """Where a failed run can be resumed, and the settings that a remedy would change."""
    facts: dict[str, Any] = {"saved_epoch": None, "saved_step": None}
    with suppress(BadRun):
        if saved := load_state(run.resume_path, header_only=True):
            facts = {"saved_epoch": saved.epoch, "saved_step": saved.step}
    plan = run.plan
    names = ("learning_rate", "batch_size", "accumulate", "size", "workers")
    return facts | {name: plan[name] for name in names if name in plan}


def main(arguments: list[str]) -> int:
    """Entry point of the process."""
    folders = [word for word in arguments if word != "--again"]
    if len(folders) != 1:
        print("Usage: python -m segcore.train.process.worker RUN_FOLDER [--again]", file=sys.stderr)
        return 2
    try:
        return 1 if run_worker(run_at(Path(folders[0])), again="--again" in arguments) == "failed" else 0
    except SegcoreError as error:
        print(error, file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
