"""A run epoch by epoch, for the scrubber: scores, the table of counts, and which pictures were kept.

Counts are asked for epoch by epoch: with 40 classes those of one epoch are as long as all else together.
"""

from typing import Any

from segcore.runs import Event, Run
from ui.api.run_news import follow
from ui.api.run_samples import identities

_SCORES = ("loss", "miou", "pixel_accuracy", "mean_dice")
_DIGITS = 5


def news(run: Run, since: int) -> dict[str, Any]:
    """What happened since an offset.

    Args:
        run: that is watched.
        since: 0 for everything, or the ``offset`` of an earlier answer; see `follow`.

    Returns:
        ``state``; ``since`` as it was used and ``offset`` for the next call; ``classes`` and ``colours`` once the run
        knows them; ``shows``, whether it keeps pictures at all, None where that was told before;
        ``scores``: one mapping a validated epoch (from 0), with ``v``, the version of its counts, if there are any;
        ``pictures``: one mapping an epoch whose pictures were kept, with ``v``, their version, and ``files``, a sample
        of which is [number, labels, confidence, share of right pixels];
        ``samples``: what is the same in all epochs (see `identities`), None where no picture is new.
    """
    state = run.status()  # before the events: those of a run that has ended are then all there
    since, offset, events = follow(run, since, ("val", "sample"))
    setup = run.last("setup") or {}
    shown = [event for event in events if event["kind"] == "sample"]
    return {
        "state": state,
        "since": since,
        "offset": offset,
        "classes": setup.get("classes", []),
        "colours": setup.get("colours", []),
        "shows": run.plan.get("samples") != 0 if since == 0 else None,  # reading the plan takes the whole file
        "scores": [_scores(event) for event in events if event["kind"] == "val"],
        "pictures": [_pictures(event) for event in shown],
        "samples": identities(run, shown[-1]["samples"]) if shown else None,
    }


def counts(run: Run, epoch: int) -> tuple[str, list[list[int]]] | None:
    """The table of counts of an epoch, rows the truth, and its version; None where none was kept."""
    newest, resumed = run.last("val"), run.last("resumed") or {"time": 0.0}
    if newest and newest["epoch"] == epoch and newest["time"] > resumed["time"]:
        kept = [newest]  # pages that follow a run ask for nothing else, and need not read all the others
    else:
        kept = [event for event in run.timeline(("val",)) if event["kind"] == "val" and event["epoch"] == epoch]
    return (version(kept[-1]), kept[-1]["counts"]) if kept and "counts" in kept[-1] else None


def version(event: Event) -> str:
    """Changes whenever an epoch is done again, so that a browser may keep for ever what it got under a version."""
    return f"{event['time']:.3f}"


def _scores(event: Event) -> dict[str, Any]:
    told = {name: _short(event.get(name)) for name in _SCORES}
    counted = {"v": version(event)} if "counts" in event else {}
    iou = [_short(value) for value in event.get("iou", ())]
    return {"epoch": event["epoch"], "step": event["step"], "time": event["time"], **told, "iou": iou, **counted}


def _pictures(event: Event) -> dict[str, Any]:
    files = [
        [row["sample"], row["labels"], row["confidence"], _short(row.get("pixel_accuracy"))] for row in event["samples"]
    ]
    return {"epoch": event["epoch"], "v": version(event), "files": files}


def _short(value: float | None) -> float | None:
    return None if value is None else round(value, _DIGITS)
