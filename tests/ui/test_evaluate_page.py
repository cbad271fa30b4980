"""The Evaluate page with a tiny network: question, job, and every view of its answer. Jobs run in this process."""

import json
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from segcore import paths
from segcore.checkpoint import find_checkpoint
from segcore.data import open_dataset
from segcore.evaluation import KeptPredictions, report_of
from segcore.evaluation.predictions import FOLDER
from segcore.jobs import find_job, job_result
from segcore.jobs import start as jobs_start
from segcore.jobs.worker import run_job
from segcore.paths import PROJECT
from segcore.runs import Run
from tests.evaluation.little import DATA, save_little
from ui.evaluate import confusion, downloads

VIEWS = ("classes", "confusion", "worst", "conventions", "sizes", "calibration", "robustness")


@pytest.fixture(autouse=True)
def little(own_home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkpoint among the visitor's own; a job is done when its button was pressed."""

    def work(run: Run, *, module: str) -> None:
        run_job(run)

    monkeypatch.setattr(jobs_start, "start", work)
    place = paths.own_checkpoints_dir()
    place.mkdir(parents=True, exist_ok=True)
    return save_little(place / "little.safetensors").path


def open_page(**address: str) -> AppTest:
    page = AppTest.from_file(str(PROJECT / "ui" / "main.py"), default_timeout=60)
    page.switch_page("../pages/evaluate.py")
    for name, value in ({"model": "little", "data": DATA} | address).items():
        page.query_params[name] = value
    page.run()
    assert not page.exception
    return page


def pressed(page: AppTest, key: str) -> AppTest:
    page.button(key=key).click().run()
    assert not page.exception and not page.error, [box.value for box in page.error]
    return page


def shown(page: AppTest) -> str:
    boxes = [*page.error, *page.warning, *page.info, *page.caption, *page.markdown]
    return "\n".join([*(box.value for box in boxes), *(box.proto.body for box in page.get("html"))])


def looked_at(page: AppTest, view: str) -> str:
    page.segmented_control(key="evaluate.view").set_value(view).run()
    assert not page.exception and not page.error, [box.value for box in page.error]
    return shown(page)


def test_before_the_job_the_page_says_what_will_appear() -> None:
    page = open_page()
    assert page.selectbox(key="evaluate.model").value == "little"
    assert page.segmented_control(key="data.split").value == "val", "not what it was trained on"
    assert "Here will appear" in shown(page)


def test_the_answer_in_every_view(little: Path) -> None:
    page = pressed(open_page(), "evaluate.job.start")
    run = find_job("evaluate", {"checkpoint": str(little), "data": DATA, "split": "val"}, files=[little])
    assert run is not None
    report = report_of(job_result(run), "the job")
    text = shown(page)
    assert f"{report.scores.miou:.3f}" in text and f"{report.intervals.miou.low:.3f}" in text
    assert "own size" in text and "bootstrap" in text
    assert all(f"{dice:.3f}" in text for dice in report.scores.dice if dice == dice), "the table of classes"
    assert all(row.why in looked_at(page, "conventions").replace("&#x27;", "'") for row in report.conventions)
    assert str(report.sizes.all[0].objects) in looked_at(page, "sizes")
    assert f"{report.reliability.ece:.3f}" in looked_at(page, "calibration") and page.get("plotly_chart")
    looked_at(page, "worst")
    worst = report.worst(1)[0]
    assert page.selectbox(key="evaluate.worst.image").value == worst.index
    assert "five strengths" in looked_at(page, "robustness")

    text = looked_at(page, "confusion")
    true_id, label = confusion.largest_confusion(np.array(report.counts))
    assert f"{report.counts[true_id][label]:,} pixels of" in text
    page.selectbox(key="evaluate.true").select(0).run()
    page.selectbox(key="evaluate.label").select(0).run()
    assert f"{report.counts[0][0]:,} pixels of" in shown(page)

    kept, dataset = KeptPredictions(run.path / FOLDER), open_dataset(DATA, "val")
    assert json.loads(downloads.json_bytes(report)) == json.loads(json.dumps(report.to_dict()))
    html = downloads.page_bytes(report, find_checkpoint(str(little)), dataset, kept)
    assert html.startswith(b"<!doctype html>") and b"Worst images" in html


def test_a_folder_that_is_no_dataset_is_a_sentence(tmp_path: Path) -> None:
    page = open_page(data=str(tmp_path / "nothing"))
    assert page.error and "nothing" in page.error[0].value


def test_exactly_the_pixels_of_a_cell_are_marked() -> None:
    photo = np.full((40, 60, 3), 200, np.uint8)
    pixels = np.zeros((40, 60), np.bool_)
    pixels[3:9, 5:50] = True
    marked = confusion.marked(photo, pixels)
    assert np.array_equal((marked == confusion.MARK).all(-1), pixels)
    assert (marked[~pixels] == 90).all(), "the rest is dimmed"


def test_the_largest_confusion_is_never_on_the_diagonal_unless_nothing_is_wrong() -> None:
    assert confusion.largest_confusion(np.array([[9, 1], [3, 9]])) == (1, 0)
    assert confusion.largest_confusion(np.diag([5, 6])) == (0, 0)
