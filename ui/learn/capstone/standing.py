"""Which steps of the capstone are done: read from the run's folder and from what was noted, never assumed."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from segcore.errors import BadRun
from segcore.runs import Run, Summary, open_run, read_notes, summary
from ui.learn.capstone import taken
from ui.learn.capstone.taken import Taken

STEPS = ("train", "epochs", "worst", "why", "sentence", "report")
"""In their order; the texts are ``capstone.step.<step>`` and ``capstone.<step>.…``."""

Mark = Literal["done", "doing", "open"]


@dataclass(frozen=True)
class Standing:
    """How far the learner is.

    Attributes:
        run: that they work with; None before there is one.
        facts: of the run.
        taken: what was noted about it.
        marks: each of STEPS → done, going on at this moment, or open.
    """

    run: Run | None
    facts: Summary | None
    taken: Taken
    marks: Mapping[str, Mark]

    @property
    def done(self) -> int:
        """Steps that are done."""
        return sum(mark == "done" for mark in self.marks.values())

    @property
    def following(self) -> str:
        """The first step that is not done; the last where all are."""
        return next((step for step in STEPS if self.marks[step] != "done"), STEPS[-1])

    @property
    def is_trained(self) -> bool:
        """Whether there is a run to go on with: it has ended, was validated and left weights."""
        return self.marks["train"] == "done"


def standing(name: str | None) -> Standing:
    """How far the learner is with a run.

    Args:
        name: of the run; None, or one that is not there (any more), for a learner who has none.
    """
    try:
        run = None if name is None else open_run(name)
        facts = None if run is None else summary(run)
    except BadRun:
        run = facts = None
    if run is None or facts is None:
        return Standing(None, None, Taken(), dict.fromkeys(STEPS, "open"))
    noted = taken.of(run.name)
    done = {
        "train": not facts.is_active and run.last("val") is not None and weights(run) is not None,
        "epochs": noted.rise >= 0,
        "worst": noted.image >= 0,
        "why": noted.asked,
        "sentence": bool(read_notes(run).text),
        "report": noted.reported,
    }
    marks: dict[str, Mark] = {step: "done" if done[step] else "open" for step in STEPS}
    if facts.is_active:
        marks["train"] = "doing"
    return Standing(run, facts, noted, marks)


def weights(run: Run) -> Literal["best", "last"] | None:
    """Which weights of a run there are: the best, else the last, else none."""
    there: tuple[Literal["best", "last"], ...] = ("best", "last")
    return next((which for which in there if run.checkpoint_path(which).exists()), None)


def rises(run: Run) -> dict[int, float]:
    """Epoch (from 0) → by how much its mIoU lies above that of the validation before; epochs without a score aside."""
    scored = [event for event in run.timeline(("val",)) if event["kind"] == "val" and event.get("miou") is not None]
    return {int(later["epoch"]): float(later["miou"]) - float(earlier["miou"]) for earlier, later in pairwise(scored)}
