"""Runs of the two ranks of test_distributed_training.py, in processes that are started only once."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

from segcore.runs import Request, run_at
from segcore.train import collectives, make_config
from segcore.train.process.attempt import attempt


def request_to_the_second() -> Callable[[], Request | None]:
    """After four steps one of the ranks receives a request to pause; both obey."""
    requests: Iterator[Request | None] = iter((None, None, None, None, "pause"))
    return lambda: next(requests) if collectives.rank() == 1 else None


def carry_out(folders: list[Path]) -> None:
    """Execute several runs, one after the other. One named …-parted is paused and resumed at once."""
    with collectives.process_group("cpu"):
        for folder in folders:
            run = run_at(folder)
            if folder.name.endswith("-parted"):
                assert attempt(run, make_config(run.plan), request_to_the_second()) == "paused"
            assert attempt(run, make_config(run.plan), lambda: None) == "finished"
            (folder / f"rank-{os.environ['RANK']}-was-here").touch()
