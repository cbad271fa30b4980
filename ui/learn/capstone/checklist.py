"""The steps of the capstone and which of them are done, read from the run's folder and from ``capstone.json``.

What the run's folder records by itself (its training, its note) is not repeated in the file.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

from segcore import paths
from segcore.errors import BadRun
from segcore.runs import Run, Summary, open_run, read_notes, summary
from ui.learn import records

STEPS = ("train", "epochs", "worst", "why", "sentence", "report")
"""In their order; the texts are ``capstone.step.<step>`` and ``capstone.<step>.…``."""

Mark = Literal["done", "doing", "open"]


@dataclass(frozen=True)
class StepNotes:
    """What the learner did with one run."""

    rise: int = -1  # the epoch (from 0) chosen as that of the steepest rise; -1 before
    image: int = -1  # index of the worst image in the validation data; -1 before one was chosen
    image_name: str = ""  # its name there
    photo: str = ""  # image_id with which the lesson "why" was opened; empty before
    asked: bool = False  # whether the lesson showed its result for that image
    reported: bool = False  # whether the report was made


@dataclass(frozen=True)
class Checklist:
    """The state of all steps."""

    run: Run | None  # the learner's; None before there is one
    facts: Summary | None  # of the run
    notes: StepNotes  # on the run
    marks: Mapping[str, Mark]  # step → done, in progress, or open

    @property
    def done(self) -> int:
        """Number of steps that are done."""
        return sum(mark == "done" for mark in self.marks.values())

    @property
    def next_step(self) -> str:
        """The first step that is not done; the last one if all are."""
        return next((step for step in STEPS if self.marks[step] != "done"), STEPS[-1])


def checklist(name: str | None) -> Checklist:
    """The checklist for a run; for None, or a run that does not exist, every step is open."""
    try:
        run = None if name is None else open_run(name)
        facts = None if run is None else summary(run)
    except BadRun:
        run = facts = None
    if run is None or facts is None:
        return Checklist(None, None, StepNotes(), dict.fromkeys(STEPS, "open"))
    notes = notes_on(run.name)
    done = {
        "train": not facts.is_active and run.last("val") is not None and weights(run) is not None,
        "epochs": notes.rise >= 0,
        "worst": notes.image >= 0,
        "why": notes.asked,
        "sentence": bool(read_notes(run).text),
        "report": notes.reported,
    }
    marks: dict[str, Mark] = {step: "done" if done[step] else "open" for step in STEPS}
    if facts.is_active:
        marks["train"] = "doing"
    return Checklist(run, facts, notes, marks)


def weights(run: Run) -> Literal["best", "last"] | None:
    """The best weights of a run, else the last, else None."""
    if run.checkpoint_path("best").exists():
        return "best"
    return "last" if run.checkpoint_path("last").exists() else None


def rises(run: Run) -> dict[int, float]:
    """Epoch (from 0) → change of the mIoU since the previous validation; epochs without a score are left out."""
    scored = [event for event in run.timeline(("val",)) if event.get("miou") is not None]
    return {int(later["epoch"]): float(later["miou"]) - float(earlier["miou"]) for earlier, later in pairwise(scored)}


# --- the file ---------------------------------------------------------------------------------------------------------


def file() -> Path:
    """The file, in the user's folder."""
    return paths.home() / "capstone.json"


def chosen_run() -> str | None:
    """The name of the learner's run; it may have been deleted since."""
    name = records.read(file()).get("run")
    return name if isinstance(name, str) else None


def choose_run(run: str) -> None:
    """Continue with another run; the notes on others remain."""
    records.write(file(), records.read(file()) | {"run": run})


def notes_on(run: str) -> StepNotes:
    """The notes on a run."""
    return records.record(StepNotes, _runs().get(run))


def note(run: str, **changes: Any) -> None:
    """Store a change of the notes on a run."""
    runs = _runs() | {run: asdict(replace(notes_on(run), **changes))}
    records.write(file(), records.read(file()) | {"runs": runs})


def _runs() -> dict[str, Any]:
    found = records.read(file()).get("runs")
    return found if isinstance(found, dict) else {}
