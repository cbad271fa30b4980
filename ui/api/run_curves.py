"""The curves of a run as lines of points, thinned for the live chart."""

from collections.abc import Iterable
from typing import Any

from segcore.runs import Event, Point, Run, thinned
from ui.api.run_news import follow

STEP_LINES = {
    "train_loss": "loss",
    "gradient_norm": "gradient_norm",
    "rate": "rate",
    "images_per_second": "images_per_second",
}
VAL_LINES = {"val_loss": "loss", "miou": "miou", "pixel_accuracy": "pixel_accuracy", "mean_dice": "mean_dice"}
"""Name of the line → name in the event; a classification has "accuracy" for the last three. The IoU
of class k is the line "iou.k"; the numbers of a ``meter`` event, such as "cpu_percent", become the lines
"meter.cpu_percent" and so on."""
NO_LINES = ("cores", "memory_total_mb", "gpu_memory_total_mb", "disk_free_mb", "run_cpu_percent")
"""Numbers of a meter that are not drawn: facts that hardly change, and one on no common scale. Tiles show them."""
_NAMES = {"step": STEP_LINES, "val": VAL_LINES}
_KINDS = ("setup", "step", "val", "meter")


def news(run: Run, since: int) -> dict[str, Any]:
    """The points since an offset, for the live chart.

    Args:
        run: that is followed.
        since: 0 for everything, or the ``offset`` of an earlier answer; see `follow`.

    Returns:
        ``state``; ``since`` as it was used and ``offset`` for the next call; ``lines`` by name, each of at most
        MOST_POINTS points; ``classes``, ``colours`` and ``steps_per_epoch`` once the run knows them; ``began``, Unix
        seconds, in the answer that covers the first start of the run.
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
    """The step of meter events before any step event; exact enough for an axis."""
    return (run.last("step") or {}).get("step", 0) if since else 0


def lines(events: Iterable[Event], *, step: int = 0) -> dict[str, list[Point]]:
    """Events → one line per number.

    Args:
        events: in their order.
        step: of meter events before any step event.
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
    if "accuracy" in event:  # a validation of a classification
        return {"val_loss": event["loss"], "accuracy": event["accuracy"]}
    values = {line: event.get(name) for line, name in _NAMES.get(event["kind"], {}).items()}
    if event["kind"] == "val":
        values |= {f"iou.{index}": value for index, value in enumerate(event.get("iou", ()))}
    return values
