"""All measurements of a run as CSV, one event per line."""

import csv
import io

from segcore.export.meters import meter_numbers
from segcore.runs import Run

KINDS = ("step", "val", "meter")
_COLUMNS = (
    *("kind", "time", "epoch", "step", "loss", "rate", "gradient_norm", "images_per_second", "train_seconds"),
    *("miou", "pixel_accuracy", "mean_accuracy", "frequency_weighted_iou", "mean_dice"),
)
_PER_CLASS = ("iou", "dice", "precision", "recall")


def as_csv(run: Run) -> bytes:
    """Every logged step, validation and meter reading in order, without those that a resume has undone.

    Returns:
        UTF-8 with a byte order mark, which spreadsheets expect. Times are Unix seconds, ratios 0 … 1; a cell is empty
        if the event has no such number or the number was NaN. The columns of a class are "iou NAME", "dice NAME", …;
        those of meters "meter.NAME".
    """
    events = [event for event in run.timeline(KINDS) if event["kind"] in KINDS]
    classes = (run.last("setup") or {}).get("classes", [])
    readings = [meter_numbers(event) if event["kind"] == "meter" else {} for event in events]
    meters = list(dict.fromkeys(name for reading in readings for name in reading))
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    titles = [f"{ratio} {name}" for ratio in _PER_CLASS for name in classes]
    writer.writerow([*_COLUMNS, *titles, *(f"meter.{name}" for name in meters)])
    for event, reading in zip(events, readings, strict=True):
        ratios = [value for ratio in _PER_CLASS for value in event.get(ratio) or [None] * len(classes)]
        writer.writerow([*map(event.get, _COLUMNS), *ratios, *(reading.get(name) for name in meters)])
    return text.getvalue().encode("utf-8-sig", "backslashreplace")
