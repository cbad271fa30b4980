"""What happened in a run as lines of points, thinned for the live chart."""

from collections.abc import Iterable
from typing import Any

from segcore.runs import Event, Point, Run, thinned, without_undone

STEP_LINES = {"train_loss": "loss", "gradient_norm": "gradient_norm", "rate": "rate"}
VAL_LINES = {"val_loss": "loss", "miou": "miou", "pixel_accuracy": "pixel_accuracy"}
"""Name of the line → what the event calls it. The IoU of class k is the line "iou.k"."""
_NAMES = {"step": STEP_LINES, "val": VAL_LINES}
_KINDS = ("step", "val", "resumed")


def news(run: Run, since: int) -> dict[str, Any]:
    """What happened since an offset, for the live chart.

    Args:
        run: that is watched.
        since: 0 for everything, or the ``offset`` of an earlier answer. One that lies behind the end of the file
            belongs to a run of this name that was deleted: then everything is sent.

    Returns:
        ``state``; ``since`` as it was used and ``offset`` for the next call; ``lines`` by name, each of at most
        MOST_POINTS points; ``classes``, ``colours``, ``steps_per_epoch`` and ``began`` once the run knows them.
    """
    state = run.status()  # before the events: those of a run that has ended are then all there
    if since and (not run.events_path.exists() or since > run.events_path.stat().st_size):
        since = 0
    events, offset = run.events(since, kinds=_KINDS)
    if since and any(event["kind"] == "resumed" for event in events):
        since, (events, offset) = 0, run.events(kinds=_KINDS)  # some of what was sent no longer counts
    setup = run.last("setup") or {}
    return {
        "state": state,
        "since": since,
        "offset": offset,
        "lines": {name: thinned(points) for name, points in lines(without_undone(events)).items()},
        "classes": setup.get("classes", []),
        "colours": setup.get("colours", []),
        "steps_per_epoch": setup.get("steps_per_epoch"),
        "began": setup.get("time"),
    }


def lines(events: Iterable[Event]) -> dict[str, list[Point]]:
    """Events → one line for every number that is watched."""
    found: dict[str, list[Point]] = {}
    for event in events:
        names = _NAMES.get(event["kind"], {})
        values = {line: event.get(name) for line, name in names.items()}
        if event["kind"] == "val":
            values |= {f"iou.{index}": value for index, value in enumerate(event.get("iou", ()))}
        for line, value in values.items():
            found.setdefault(line, []).append((event["step"], event["time"], value))
    return found
