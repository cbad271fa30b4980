"""The CSV of a run holds what its events hold."""

import csv
import io

from segcore.export.spreadsheet import as_csv
from segcore.runs import Run, new_run
from tests.export.conftest import HOSTILE


def rows_of(run: Run) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(as_csv(run).decode("utf-8-sig"))))


def test_every_event_is_a_line_with_all_its_numbers(run: Run) -> None:
    rows = rows_of(run)
    assert [row["kind"] for row in rows].count("step") == 12
    assert [row["kind"] for row in rows].count("meter") == 12
    validation = [row for row in rows if row["kind"] == "val"][1]
    assert (validation["epoch"], validation["step"], validation["miou"]) == ("1", "8", "0.6000000000000001")
    assert (validation[f"iou {HOSTILE}"], validation[f"dice {HOSTILE}"]) == ("0.4", "0.2")
    assert (validation["precision background"], validation["recall background"]) == ("0.81", "0.83")
    assert validation["iou never"] == "", "a class that did not occur has no number"
    assert rows[1]["meter.gpus.0.memory_mb"] == "100"
    assert "meter.name" not in rows[1], "texts are no readings"


def test_steps_that_were_undone_are_left_out(run: Run) -> None:
    run.emit("resumed", epoch=2, step=8)
    assert max(int(row["step"]) for row in rows_of(run) if row["kind"] == "step") == 7
    assert sum(row["kind"] == "val" for row in rows_of(run)) == 2


def test_a_run_that_never_began_is_a_head_alone(home: object) -> None:
    assert rows_of(new_run({"model": "unet"}, name="new")) == []
