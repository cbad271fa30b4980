"""What happened in a run as lines of points: thinned for a chart, or whole as CSV."""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any

from segcore.runs import Event, Run
from ui.runs.following import follow

MOST_POINTS = 2000
"""Points of one line that travel to the browser; a screen has no more columns of pixels."""

STEP_LINES = {
    "train_loss": "loss",
    "gradient_norm": "gradient_norm",
    "rate": "rate",
    "images_per_second": "images_per_second",
}
VAL_LINES = {"val_loss": "loss", "miou": "miou", "pixel_accuracy": "pixel_accuracy", "mean_dice": "mean_dice"}
"""Name of the line → what the event calls it. The IoU of class k is the line "iou.k"; whatever numbers a ``meter``
event carries, such as "cpu_percent", become the lines "meter.cpu_percent" and so on."""
NO_LINES = ("cores", "memory_total_mb", "gpu_memory_total_mb", "disk_free_mb", "run_cpu_percent")
"""What a meter tells besides: facts that hardly change, and one that is on no common scale. The tiles have them."""
_NAMES = {"step": STEP_LINES, "val": VAL_LINES}
_KINDS = ("setup", "step", "val", "meter")

Point = tuple[int, float, float | None]
"""Optimiser step, Unix seconds, value; None where there was no number (NaN, or a class that did not occur)."""


def news(run: Run, since: int) -> dict[str, Any]:
    """What happened since an offset, for the live chart.

    Args:
        run: that is watched.
        since: 0 for everything, or the ``offset`` of an earlier answer; see `follow`.

    Returns:
        ``state``; ``since`` as it was used and ``offset`` for the next call; ``lines`` by name, each of at most
        MOST_POINTS points; ``classes``, ``colours`` and ``steps_per_epoch`` once the run knows them; ``began``, Unix
        seconds, in the answer that covers the run's first beginning.
    """
    state = run.status()  # before the events: those of a run that has ended are then all there
    since, offset, events = follow(run, since, _KINDS)
    setup = run.last("setup") or {}
    drawn = lines(events, step=_step_before(run, since))
    return {
        "state": state,
        "since": since,
        "offset": offset,
        "lines": {name: thinned(points) for name, points in drawn.items()},
        "classes": setup.get("classes", []),
        "colours": setup.get("colours", []),
        "steps_per_epoch": setup.get("steps_per_epoch"),
        "began": next((event["time"] for event in events if event["kind"] == "setup"), None),
    }


def _step_before(run: Run, since: int) -> int:
    """A step for meter events that come before any step; exact enough for an axis."""
    return (run.last("step") or {}).get("step", 0) if since else 0


def lines(events: Iterable[Event], *, step: int = 0) -> dict[str, list[Point]]:
    """Events → one line for every number that is watched.

    Args:
        events: in their order.
        step: of events that know none and stand before all that do. A meter reads the machine, not the training.
    """
    found: dict[str, list[Point]] = {}
    for event in events:
        step = event.get("step", step)
        for line, value in _values(event).items():
            found.setdefault(line, []).append((step, event["time"], value))
    return found


def _values(event: Event) -> dict[str, float | None]:
    """Line → value, of one event."""
    if event["kind"] == "meter":
        facts = {name: value for name, value in event.items() if name not in ("time", "step", "epoch", *NO_LINES)}
        return {f"meter.{name}": value for name, value in facts.items() if type(value) in (int, float)}
    values = {line: event.get(name) for line, name in _NAMES.get(event["kind"], {}).items()}
    if event["kind"] == "val":
        values |= {f"iou.{index}": value for index, value in enumerate(event.get("iou", ()))}
    return values


def thinned(points: Sequence[Point], most: int = MOST_POINTS) -> list[Point]:
    """At most so many points that look the same: of each stretch the lowest and the highest, so that spikes stay.

    Gaps (None) are kept only where a stretch holds nothing else. The first and the last point always stay.
    """
    if len(points) <= most:
        return list(points)
    stretches = (most - 2) // 2
    inner = points[1:-1]
    kept = [points[0]]
    for index in range(stretches):
        stretch = inner[len(inner) * index // stretches : len(inner) * (index + 1) // stretches]
        numbers = [point for point in stretch if point[2] is not None]
        if not numbers:
            kept.append(stretch[0])
            continue
        low, high = min(numbers, key=_value), max(numbers, key=_value)
        kept += [low] if low is high else sorted((low, high))
    return [*kept, points[-1]]


def _value(point: Point) -> float:
    return float("nan") if point[2] is None else point[2]


def as_csv(run: Run) -> bytes:
    """Every logged step and every validation of a run, one a line; UTF-8 with a mark that spreadsheets know."""
    events = run.timeline(("step", "val"))
    classes = (run.last("setup") or {}).get("classes", [])
    head = ["kind", "time", "epoch", "step", "loss", "rate", "gradient_norm", "images_per_second"]
    head += ["miou", "pixel_accuracy", "mean_dice"]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*head, *(f"iou {name}" for name in classes)])
    for event in (event for event in events if event["kind"] in _NAMES):
        writer.writerow([*(event.get(name) for name in head), *event.get("iou", ())])
    return text.getvalue().encode("utf-8-sig")
