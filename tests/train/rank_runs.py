"""Runs of the two ranks of test_distributed_training.py, in processes that are started only once."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any
from unittest.mock import patch

from segcore.data import Batch, WaitingStopped
from segcore.runs import Emit, Request, run_at
from segcore.train import collectives, make_config
from segcore.train.parts import Parts
from segcore.train.process.attempt import attempt


def request_to_the_second(request: Request, kind: str, count: int) -> tuple[Callable[[], Request | None], Emit | None]:
    """One of the ranks receives a request after a number of its events; both obey. Functions for `attempt`."""
    events: list[str] = []

    def emit(kind: str, **_: Any) -> None:
        events.append(kind)

    if collectives.rank() == 0:  # which writes its events
        return (lambda: None), None
    return (lambda: request if events.count(kind) >= count else None), emit


@contextmanager
def waits_for_the_third_batch() -> Iterator[Callable[[], Request | None]]:
    """The third batch of one of the ranks never arrives, and a request to stop does; both obey."""
    stopped: list[bool] = []
    batches = Parts.train_batches

    def waiting(self: Parts, *args: Any, **options: Any) -> Iterator[list[Batch]]:
        yield from islice(batches(self, *args, **options), 2)
        stopped.append(True)
        raise WaitingStopped

    with patch.object(Parts, "train_batches", waiting if collectives.rank() == 1 else batches):
        yield lambda: "stop" if stopped else None


def carry_out(folders: list[Path]) -> None:
    """Execute several runs, one after the other. …-parted, …-halted and …-starved are ended and resumed."""
    with collectives.process_group("cpu"):
        for folder in folders:
            run = run_at(folder)
            if folder.name.endswith("-parted"):
                assert attempt(run, make_config(run.plan), *request_to_the_second("pause", "step", 4)) == "paused"
            if folder.name.endswith("-halted"):
                assert attempt(run, make_config(run.plan), *request_to_the_second("stop", "validating", 1)) == "stopped"
            if folder.name.endswith("-starved"):
                with waits_for_the_third_batch() as requested:
                    assert attempt(run, make_config(run.plan), requested) == "stopped"
            assert attempt(run, make_config(run.plan), lambda: None) == "finished"
            (folder / f"rank-{os.environ['RANK']}-was-here").touch()
