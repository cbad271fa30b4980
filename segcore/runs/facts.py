"""Summary: the state, progress and best score of a run.

Only the last event of each kind is read, so the length of the run does not matter; except after a resume.
"""

import time
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from segcore.runs.eta import Range, seconds_left
from segcore.runs.names import readable
from segcore.runs.notes import shown_name
from segcore.runs.states import ENDED_STATES, Request
from segcore.runs.store import Run
from segcore.runs.timeline import Event, without_undone

_BEFORE_WORK = ("queued", "starting")


@dataclass(frozen=True)
class Summary:
    """The summary of a run for tables and tiles. Epochs count from 1; times are Unix seconds.

    Attributes:
        state: one of `segcore.runs.STATES`.
        requested: the request that it has not obeyed yet.
        cause: of a failure, a word such as "nan"; otherwise empty.
        data: names of its datasets, folders by their last part.
        done: number of epochs that were trained and validated.
        best_miou: of the best epoch; None before the first, and for a classification.
        began: when training started or was last resumed; None before.
        left_range: minimum and maximum of the remaining seconds; None if unknown.
        took: seconds of work, without pauses; None before the start.
        title: the name for people, see `segcore.runs.shown_name`.
        best_accuracy: instead of best_miou: the share of images whose class was correct.
        validating: (images done, all images) of a validation that has taken a second or more; None otherwise.
    """

    name: str
    state: str
    requested: Request | None
    cause: str
    reason: str
    model: str
    data: str
    epochs: int
    done: int
    best_miou: float | None
    best_epoch: int | None
    images_per_second: float | None
    device: str
    created: float
    began: float | None
    left_range: Range | None
    took: float | None
    best_accuracy: float | None = None
    title: str = ""
    validating: tuple[int, int] | None = None

    @property
    def is_active(self) -> bool:
        """Whether its values may still change."""
        return self.state not in ENDED_STATES

    @property
    def left(self) -> float | None:
        """Remaining seconds, as a single number."""
        return None if self.left_range is None else sum(self.left_range) / 2


def summary(run: Run) -> Summary:
    """The current summary of a run.

    Raises:
        BadRun: its plan cannot be read.
    """
    state = run.status()  # read before the events: those of a run that has ended are then complete
    plan = run.plan
    setup, step, word, resumed, validation, best, validating = run.last_each(
        "setup", "step", "state", "resumed", "val", "best", "validating"
    )
    earlier = 0.0
    if resumed:
        history, _ = run.events(kinds=("setup", "state", "val", "best", "resumed"))
        earlier = _earlier_seconds(history)
        counting = {event["kind"]: event for event in without_undone(history)}
        validation, best = counting.get("val", {}), counting.get("best", {})
        step = step if step.get("time", 0.0) > resumed["time"] else {}
    began = setup.get("time")
    if state not in ("running", "stopping") or not _is_newest(validating, setup, step, validation, resumed):
        validating = {}
    epochs = _whole(plan.get("epochs"))
    now = (setup, step, validation, validating)
    ended = {} if word.get("state") in _BEFORE_WORK else word  # a pause before a new start does not count
    latest = max(event.get("time", 0.0) for event in (*now, ended))
    latest_seconds = None if began is None else max(latest - began, 0.0)
    return Summary(
        name=readable(run.name),
        title=shown_name(run),
        state=state,
        requested=run.requested() if state in ("stopping", "stalled") else None,
        cause=str(word.get("cause", "")),
        reason=str(word.get("reason", "")),
        model=str(plan.get("model", "")),
        data=", ".join(PurePath(str(place)).name for place in plan.get("data", ())),
        epochs=epochs,
        done=_whole(validation.get("epoch"), -1) + 1,
        best_miou=_number(best.get("miou")),
        best_accuracy=_number(best.get("accuracy")),
        best_epoch=_whole(best["epoch"]) + 1 if "epoch" in best else None,
        images_per_second=_number(step.get("images_per_second")),
        device=str(setup.get("device", "")),
        created=run.created,
        began=began,
        left_range=seconds_left(run, *now, epochs=epochs) if state == "running" else None,
        took=None if latest_seconds is None else earlier + latest_seconds,
        validating=(validating["done"], validating["total"]) if _takes_long(validating) else None,
    )


def _is_newest(validating: Event, setup: Event, step: Event, validation: Event, resumed: Event) -> bool:
    """Whether a validation is in progress: begun, neither completed nor undone since."""
    if not validating or validating["epoch"] == validation.get("epoch"):
        return False
    earlier = max(event.get("time", 0.0) for event in (setup, validation, resumed))
    return bool(validating["time"] > earlier and validating["time"] >= step.get("time", 0.0))


def _takes_long(validating: Event) -> bool:
    """Whether a validation takes a second or more; showing shorter ones would only flicker."""
    return bool(validating) and max(validating["seconds"], time.time() - validating["time"]) >= 1


def _earlier_seconds(history: list[Event]) -> float:
    """Seconds of work before the last resume; pauses and waiting do not count."""
    total, began, latest = 0.0, None, 0.0
    for event in history:
        if event["kind"] == "setup":
            total += 0.0 if began is None else latest - began
            began = event["time"]
        if event["kind"] != "state" or event.get("state") not in _BEFORE_WORK:
            latest = event["time"]
    return total


def _whole(value: Any, otherwise: int = 0) -> int:
    """An integer from a file; an edited file may contain anything."""
    return value if isinstance(value, int) else otherwise


def _number(value: Any) -> float | None:
    """A number from a file; None for anything else."""
    return value if isinstance(value, int | float) else None
