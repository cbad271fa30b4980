"""The curves of a run as lines of points, thinned for the live chart."""

from collections.abc import Iterable
from typing import Any

from segcore.runs import Event, Point, Run, thinned
from ui.api.run_news import follow

_LINES = {
    "step": {"train_loss": "loss", **{name: name for name in ("gradient_norm", "rate", "images_per_second")}},
    "val": {"val_loss": "loss", **{name: name for name in ("miou", "pixel_accuracy", "mean_dice")}},
}
"""Kind of event → name of the line → name in the event; a classification has "accuracy" for the last three. The IoU
of class k is the line "iou.k"; the numbers of a ``meter`` event, such as "cpu_percent", become the lines
"meter.cpu_percent" and so on."""
NO_LINES = ("cores", "memory_total_mb", "gpu_memory_total_mb", "disk_free_mb", "run_cpu_percent")
"""Numbers of a meter that are not drawn: facts that hardly change, and one on no common scale. Tiles show them."""


def news(run: Run, since: int) -> dict[str, Any]:
    """The points since an offset, which is 0 for everything, or the ``offset`` of an earlier answer.

    Returns:
        The facts of `follow`; ``lines`` by name, each of at most MOST_POINTS points; ``steps_per_epoch`` once the run
        knows it; ``began``, Unix seconds, in the answer that covers the first start of the run.
    """
    facts, events = follow(run, since, ("setup", "step", "val", "meter"))
    before = (run.last("step") or {}).get("step", 0) if facts["since"] else 0  # exact enough for an axis
    return {
        **facts,
        "lines": {name: thinned(points) for name, points in lines(events, step=before).items()},
        "steps_per_epoch": (run.last("setup") or {}).get("steps_per_epoch"),
        "began": next((event["time"] for event in events if event["kind"] == "setup"), None),
    }


def lines(events: Iterable[Event], *, step: int = 0) -> dict[str, list[Point]]:
    """Events in their order → one line per number; ``step`` is that of meter events before any step event."""
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
    values = {line: event.get(name) for line, name in _LINES.get(event["kind"], {}).items()}
    if event.get("unlabelled"):  # a step without a labelled pixel: its loss of 0 means nothing
        del values["train_loss"]
    if event["kind"] == "val":
        values |= {f"iou.{index}": value for index, value in enumerate(event.get("iou", ()))}
    return values
