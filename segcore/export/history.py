"""The events of a run, read once for its report, without those that a resume has undone."""

from collections import defaultdict
from typing import Any

from segcore.runs import Event, Run
from segcore.types import Colour


class History:
    """The state, the current settings and the events of a run.

    Raises:
        BadRun: its spec cannot be read.
    """

    def __init__(self, run: Run) -> None:
        self.run = run
        self.state = run.status()  # before the events: those of a finished run are then complete
        self.plan = run.plan
        self.setup: dict[str, Any] = run.last("setup") or {}
        kinds: dict[str, list[Event]] = defaultdict(list)
        for event in run.timeline(("step", "val", "sample", "worst", "amended")):
            kinds[event["kind"]].append(event)
        self.steps, self.validations, self.amendments = kinds["step"], kinds["val"], kinds["amended"]
        self.samples = {event["epoch"]: event for event in kinds["sample"]}
        self.worst = next(reversed(kinds["worst"]), None)
        scored = [event for event in self.validations if event.get("miou") is not None]
        self.best = max(scored, key=lambda event: float(event["miou"]), default=None)

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


def class_value(validation: Event, ratio: str, class_id: int) -> float | None:
    """A ratio of one class, such as "iou"; None if the event has none."""
    values = validation.get(ratio) or ()
    return values[class_id] if class_id < len(values) else None
