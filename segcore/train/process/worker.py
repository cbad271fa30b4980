"""The process of a run: glue between its folder and the loop.

    python -m segcore.train.process.worker RUN_FOLDER [--again]

With ``--again`` a run that was started before goes on where it was. It waits for its devices, makes one attempt (or,
with several devices, starts and watches the processes that make it together), and where the settings say so another
one with a remedy. Whatever goes wrong becomes a ``failed`` state with a sentence for people, a ``cause`` for programs
and the facts that a remedy needs; the traceback stays in the run's log.
"""

import gc
import itertools
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from segcore.errors import Message, SegcoreError, reason_fields
from segcore.runs import Emit, Request, Run, run_at
from segcore.runs.lock import FileLock
from segcore.runs.queue import turn
from segcore.train.compute_mode import pick_devices
from segcore.train.config import TrainConfig, make_config
from segcore.train.loop import ENDINGS
from segcore.train.process.attempt import attempt
from segcore.train.process.distributed import train_together
from segcore.train.process.failures import RanksFailed, explain
from segcore.train.process.meters import meters
from segcore.train.process.resume import saved_place, saved_speed
from segcore.train.process.signals import REASON, Ending, polite_end

_MOST_REMEDIES = 6
"""A rate that was halved so often is not the problem."""


def run_worker(run: Run, *, again: bool = False, watch: Callable[[str, dict[str, Any]], None] | None = None) -> str:
    """Carry out a run from its plan, or from where it was, to its last state.

    Args:
        run: a run that nobody else is working on.
        again: whether a run that was started before is meant to go on; not asked when the launcher handed down a lock.
        watch: also receives the kind and the facts of every event of this process, as tests do to act on them.

    Returns:
        The last state: finished, stopped, paused or failed.

    Raises:
        BadRun: another process works on the run, or it has been started before and is not meant to go on.
    """

    def emit(kind: str, /, **facts: Any) -> None:
        run.emit(kind, **facts)
        if watch is not None:
            watch(kind, facts)

    with run.hold(again=again) as held, polite_end() as ending:
        facts: dict[str, Any] = {}
        try:
            state = _in_turn(run, held, emit, ending)
            if ending.told and state == "stopped":
                facts = {"cause": "terminated", "reason": REASON}
        except KeyboardInterrupt:
            state = "stopped"
            facts = {"cause": "interrupted", "reason": Message("Interrupted from the keyboard; the last save is kept.")}
        except Exception as error:  # whatever it is, the run must say that it failed
            failure = explain(error)
            state, facts = "failed", {"cause": failure.cause, **reason_fields(failure.reason)}
            facts["facts"] = _standing(run) | failure.facts
            if not isinstance(error, SegcoreError | RanksFailed):
                traceback.print_exc()
        emit("state", state=state, **facts)
        return state


def _in_turn(run: Run, held: FileLock, emit: Emit, ending: Ending) -> str:
    """Wait until the devices are free, then train; returns the last state."""

    def asked() -> Request | None:
        return "stop" if ending.told else run.asked()

    saved = saved_speed(run.resume_path)
    devices = pick_devices(make_config(run.plan), wish=None if saved is None else saved.device)
    with turn(
        run, devices, on_wait=lambda: emit("state", state="queued", device=" ".join(devices)), asked=asked
    ) as ours:
        if not ours:
            return ENDINGS[asked() or "stop"]
        with meters(run.emit, devices[0], run.path):
            return _with_remedies(run, held, emit, asked, ending)


def _with_remedies(run: Run, held: FileLock, emit: Emit, asked: Callable[[], Request | None], ending: Ending) -> str:
    """Train; where the configuration allows it, change a setting and go on after what would else be the end."""
    for remedies in itertools.count():
        config = make_config(run.plan)
        try:
            return train_together(run, held, ending) if config.processes > 1 else attempt(run, asked, emit)
        except Exception as error:
            failure = explain(error)
            changes = _remedy(config, failure.cause)
            if not changes or remedies == _MOST_REMEDIES:
                raise
        # Out here the error is gone, and with it the frames that held on to the device's memory.
        gc.collect()
        torch.cuda.empty_cache()
        emit("amended", changes=changes, cause=failure.cause, **reason_fields(failure.reason))
    raise AssertionError("counting has no end")


def _remedy(config: TrainConfig, cause: str) -> dict[str, Any]:
    """The settings to change after a failure, as the configuration wishes; empty where it does not."""
    if cause == "nan" and config.on_nan == "roll_back":
        return {"learning_rate": config.learning_rate / 2}
    halved = config.batch_size // 2
    if cause == "out_of_memory" and config.on_out_of_memory == "halve_batch" and halved >= config.processes:
        return {"batch_size": halved, "accumulate": config.accumulate * 2}
    return {}


def _standing(run: Run) -> dict[str, Any]:
    """Where a failed run would go on, and the settings that a remedy would change."""
    place = saved_place(run.resume_path)
    plan = run.plan
    names = ("learning_rate", "batch_size", "accumulate", "size", "workers")
    return {
        "saved_epoch": None if place is None else place[0],
        "saved_step": None if place is None else place[1],
        **{name: plan[name] for name in names if name in plan},
    }


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
