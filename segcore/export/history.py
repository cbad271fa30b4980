"""A whole run, read once: what a report tells of it. Events that a resumed run has undone are left out."""

from dataclasses import dataclass
from typing import Any

from segcore.runs import Event, Run
from segcore.types import Colour


@dataclass(frozen=True)
class History:
    """What happened in a run.

    Attributes:
        run: the folder.
        state: at the moment of reading.
        plan: the settings that hold now.
        setup: what the run found when it set up; empty before.
        steps: ``step`` events.
        validations: ``val`` events, one an epoch.
        best: the validation with the highest mIoU, or None.
        samples: ``sample`` events by their epoch.
        worst: the last ``worst`` event, or None.
        amendments: ``amended`` events: settings that were changed on the way.
        word: the last ``state`` event; empty before the first.
    """

    run: Run
    state: str
    plan: dict[str, Any]
    setup: dict[str, Any]
    steps: list[Event]
    validations: list[Event]
    best: Event | None
    samples: dict[int, Event]
    worst: Event | None
    amendments: list[Event]
    word: dict[str, Any]

    @property
    def classes(self) -> list[str]:
        """Names of the classes in the order of the ids; empty before the run was set up."""
        return list(self.setup.get("classes", ()))

    @property
    def colours(self) -> list[Colour]:
        """One per class."""
        return [(int(red), int(green), int(blue)) for red, green, blue in self.setup.get("colours", ())]

    @property
    def seconds(self) -> float | None:
        """From the first set-up to the last event; None before it."""
        first = next((event["time"] for event in self.run.events(kinds=("setup",))[0]), None)
        latest = [event["time"] for event in (*self.steps[-1:], *self.validations[-1:])]
        return None if first is None or not latest else max(latest) - first

    def epochs_of(self, step: int) -> float:
        """How many epochs had been seen after so many steps; the steps themselves where that is not known."""
        return step / (self.setup.get("steps_per_epoch") or 1)


def history(run: Run) -> History:
    """Read a run.

    Raises:
        BadRun: its spec cannot be read.
    """
    state = run.status()  # before the events: those of a run that has ended are then all there
    kinds: dict[str, list[Event]] = {}
    for event in run.timeline(("step", "val", "sample", "worst", "amended")):
        kinds.setdefault(event["kind"], []).append(event)
    validations = kinds.get("val", [])
    scored = [event for event in validations if event.get("miou") is not None]
    return History(
        run=run,
        state=state,
        plan=run.plan,
        setup=run.last("setup") or {},
        steps=kinds.get("step", []),
        validations=validations,
        best=max(scored, key=lambda event: float(event["miou"]), default=None),
        samples={event["epoch"]: event for event in kinds.get("sample", [])},
        worst=kinds.get("worst", [None])[-1],
        amendments=kinds.get("amended", []),
        word=run.last("state") or {},
    )
