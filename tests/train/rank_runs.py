"""Runs of the two ranks of test_distributed_training.py, in processes that are started only once."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from segcore.runs import Emit, Request, run_at
from segcore.train import collectives, make_config
from segcore.train.process.attempt import attempt


def request_to_the_second() -> Callable[[], Request | None]:
    """After four steps one of the ranks receives a request to pause; both obey."""
    requests: Iterator[Request | None] = iter((None, None, None, None, "pause"))
    return lambda: next(requests) if collectives.rank() == 1 else None


def stop_during_validation() -> tuple[Callable[[], Request | None], Emit | None]:
    """One of the ranks receives a request to stop while it validates; both obey. Functions for `attempt`."""
    validating: list[bool] = []

    def emit(kind: str, **_: Any) -> None:
        if kind == "validating":
            validating.append(True)

    if collectives.rank() == 0:  # which writes its events
        return (lambda: None), None
    return (lambda: "stop" if validating else None), emit


def carry_out(folders: list[Path]) -> None:
    """Execute several runs, one after the other. …-parted and …-halted are ended and resumed at once."""
    with collectives.process_group("cpu"):
        for folder in folders:
            run = run_at(folder)
            if folder.name.endswith("-parted"):
                assert attempt(run, make_config(run.plan), request_to_the_second()) == "paused"
            if folder.name.endswith("-halted"):
                assert attempt(run, make_config(run.plan), *stop_during_validation()) == "stopped"
            assert attempt(run, make_config(run.plan), lambda: None) == "finished"
            (folder / f"rank-{os.environ['RANK']}-was-here").touch()
