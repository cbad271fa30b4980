"""One run in a few facts.

Only the last event of each kind is read, so a long run costs no more than a short one; except where a run went on from
an earlier point, because then the last one may be undone.
"""

from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from segcore.runs.eta import Range, seconds_left
from segcore.runs.store import ENDED_STATES, Request, Run
from segcore.runs.timeline import Event, without_undone


@dataclass(frozen=True)
class Summary:
    """What the table and the tiles say of a run. Epochs count from 1 as people do; times are Unix seconds.

    Attributes:
        state: one of `segcore.runs.STATES`.
        asked: what it is asked to do, while it may still do it.
        cause: of a failure, a word of the worker's such as "nan"; empty where there is none.
        reason: why it ended, where the run said so.
        data: names of its datasets, folders by their last part.
        done: epochs that were trained and validated.
        best_miou: of the best epoch; None before the first, and for a classification.
        began: when its first step, or the first since it went on, could start; None before.
        left_range: the least and the most seconds until it will be done, None where that cannot be told.
        took: seconds that it was worked on, pauses left out; None before the beginning.
        best_accuracy: of a classification instead of best_miou: the share of pictures whose class was right.
    """

    name: str
    state: str
    asked: Request | None
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

    @property
    def is_active(self) -> bool:
        """Whether its numbers may still change."""
        return self.state not in ENDED_STATES

    @property
    def left(self) -> float | None:
        """Seconds until it will be done, in one number."""
        return None if self.left_range is None else sum(self.left_range) / 2


def summary(run: Run) -> Summary:
    """The facts of a run at this moment.

    Raises:
        BadRun: its plan cannot be read.
    """
    state = run.status()  # asked before the events: those of a run that has ended are then all there
    plan = run.plan
    setup, step, word, resumed = (run.last(kind) or {} for kind in ("setup", "step", "state", "resumed"))
    earlier = 0.0
    if resumed:
        story, _ = run.events(kinds=("setup", "state", "val", "best", "resumed"))
        counting = {event["kind"]: event for event in without_undone(story)}
        earlier = _earlier_seconds(story)
        step = step if step.get("time", 0.0) > resumed["time"] else {}
    else:
        counting = {kind: run.last(kind) or {} for kind in ("val", "best")}
    validation, best = (counting.get(kind, {}) for kind in ("val", "best"))
    epochs = _whole(plan.get("epochs"))
    began = setup.get("time")
    latest = max(event.get("time", 0.0) for event in (setup, step, validation, word))
    sitting = None if began is None else max(latest - began, 0.0)
    return Summary(
        name=run.name,
        state=state,
        asked=run.asked() if state == "stopping" else None,
        cause=str(word.get("cause", "")),
        reason=str(word.get("reason", "")),
        model=str(plan.get("model", "")),
        data=", ".join(PurePath(str(place)).name for place in plan.get("data", ())),
        epochs=epochs,
        done=_whole(validation.get("epoch"), -1) + 1,
        best_miou=best.get("miou"),
        best_accuracy=best.get("accuracy"),
        best_epoch=best["epoch"] + 1 if "epoch" in best else None,
        images_per_second=step.get("images_per_second"),
        device=str(setup.get("device", "")),
        created=run.created,
        began=began,
        left_range=seconds_left(run, setup, step, validation, epochs=epochs) if state == "running" else None,
        took=None if sitting is None else earlier + sitting,
    )


def _earlier_seconds(story: list[Event]) -> float:
    """How long the run was worked on before it went on the last time; its pauses and its waiting do not count."""
    total, began, latest = 0.0, None, 0.0
    for event in story:
        if event["kind"] == "setup":
            total += 0.0 if began is None else latest - began
            began = event["time"]
        if event["kind"] != "state" or event.get("state") not in ("queued", "starting"):
            latest = event["time"]
    return total


def _whole(value: Any, otherwise: int = 0) -> int:
    """A number that a file should hold; a file that somebody edited may hold anything."""
    return value if isinstance(value, int) else otherwise
