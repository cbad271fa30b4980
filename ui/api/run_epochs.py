"""A run epoch by epoch, for the scrubber: scores, confusion matrices, and the kept samples.

The scrubber requests the confusion matrix of one epoch at a time: with 40 classes it is as long as all else together.
"""

from typing import Any

from segcore.runs import Event, Run
from ui.api.run_news import follow
from ui.api.run_samples import identities, version

_SCORES = ("loss", "miou", "pixel_accuracy", "mean_dice")
_DIGITS = 5


def news(run: Run, since: int) -> dict[str, Any]:
    """The epochs since an offset, which is 0 for everything, or the ``offset`` of an earlier answer.

    Returns:
        The facts of `follow`; ``shows``, whether the run keeps samples at all, None in answers that do not begin at 0;
        ``scores``: one mapping per validated epoch (from 0), with ``v``, the version of its confusion matrix, if any;
        ``pictures``: one mapping per epoch whose samples were kept, with ``v``, their version, and ``files``, each
        [number, labels, confidence, pixel accuracy];
        ``samples``: the facts that are the same in all epochs (see `identities`), None if no sample is new.
    """
    facts, events = follow(run, since, ("val", "sample"))
    shown = [event for event in events if event["kind"] == "sample"]
    return {
        **facts,
        "shows": run.plan.get("samples") != 0 if facts["since"] == 0 else None,  # reads the whole file of the plan
        "scores": [_scores(event) for event in events if event["kind"] == "val"],
        "pictures": [_pictures(event) for event in shown],
        "samples": identities(run, shown[-1]["samples"]) if shown else None,
    }


def counts(run: Run, epoch: int) -> tuple[str, list[list[int]]] | None:
    """Version and confusion matrix of an epoch, rows ground truth; None if none was kept."""
    newest, resumed = run.last("val"), run.last("resumed") or {"time": 0.0}
    if newest and newest["epoch"] == epoch and newest["time"] > resumed["time"]:
        kept = [newest]  # all that pages which follow a run request: no need to read the other epochs
    else:
        kept = [event for event in run.timeline(("val",)) if event["epoch"] == epoch]
    return (version(kept[-1]), kept[-1]["counts"]) if kept and "counts" in kept[-1] else None


def _scores(event: Event) -> dict[str, Any]:
    scores = {name: _short(event.get(name)) for name in _SCORES}
    counted = {"v": version(event)} if "counts" in event else {}
    iou = [_short(value) for value in event.get("iou", ())]
    return {"epoch": event["epoch"], "step": event["step"], "time": event["time"], **scores, "iou": iou, **counted}


def _pictures(event: Event) -> dict[str, Any]:
    files = [
        [row["sample"], row["labels"], row["confidence"], _short(row.get("pixel_accuracy"))] for row in event["samples"]
    ]
    return {"epoch": event["epoch"], "v": version(event), "files": files}


def _short(value: float | None) -> float | None:
    return None if value is None else round(value, _DIGITS)
