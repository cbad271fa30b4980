"""The events of a run, read once for its report, without those that a resume has undone."""

from dataclasses import dataclass
from typing import Any

from segcore.runs import Event, Run
from segcore.types import Colour


@dataclass(frozen=True)
class History:
    """The state, the current settings and the events of a run.

    Attributes:
        setup: the ``setup`` event; empty before it.
        validations: ``val`` events, one per epoch.
        best: the validation with the highest mIoU, or None.
        samples: ``sample`` events by their epoch.
        worst: the last ``worst`` event, or None.
        amendments: ``amended`` events: settings changed during the run.
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

    @property
    def classes(self) -> list[str]:
        """Class names in the order of the ids; empty before ``setup``."""
        return list(self.setup.get("classes", ()))

    @property
    def colours(self) -> list[Colour]:
        """One colour per class."""
        return [(int(red), int(green), int(blue)) for red, green, blue in self.setup.get("colours", ())]

    @property
    def seconds(self) -> float | None:
        """Duration from the first ``setup`` to the last event; None before it."""
        first = next((event["time"] for event in self.run.events(kinds=("setup",))[0]), None)
        latest = [event["time"] for event in (*self.steps[-1:], *self.validations[-1:])]
        return None if first is None or not latest else max(latest) - first

    def epochs_of(self, step: int) -> float:
        """Steps as epochs; unchanged if the length of an epoch is unknown."""
        return step / (self.setup.get("steps_per_epoch") or 1)


def read_history(run: Run) -> History:
    """Read a run.

    Raises:
        BadRun: its spec cannot be read.
    """
    state = run.status()  # before the events: those of a finished run are then complete
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
    )


def class_value(validation: Event, ratio: str, class_id: int) -> float | None:
    """A ratio of one class, such as "iou"; None if the event has none."""
    values = validation.get(ratio) or ()
    return values[class_id] if class_id < len(values) else None
