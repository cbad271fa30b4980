"""What the two ranks of test_ranks.py do, in processes that start only once: starting them takes most of the time."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

from segcore.runs import Request, run_at
from segcore.train import collectives
from segcore.train.process.attempt import attempt


def heard_by_the_second() -> Callable[[], Request | None]:
    """After four steps one of the ranks hears that it should pause; both obey."""
    wishes: Iterator[Request | None] = iter((None, None, None, None, "pause"))
    return lambda: next(wishes) if collectives.rank() == 1 else None


def carry_out(folders: list[Path]) -> None:
    """Carry out several runs, one after the other. One that is called …-parted is paused and goes on at once."""
    with collectives.joined("cpu"):
        for folder in folders:
            run = run_at(folder)
            if folder.name.endswith("-parted"):
                assert attempt(run, heard_by_the_second()) == "paused"
            assert attempt(run, lambda: None) == "finished"
            (folder / f"rank-{os.environ['RANK']}-was-here").touch()
