"""The Evaluate page with a tiny network: question, job, and every view of its answer. Jobs run in this process."""

import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from segcore import paths
from segcore.checkpoint import TrainingData, file_sha256, find_checkpoint, load_checkpoint, save_checkpoint
from segcore.data import hash_images, open_dataset, pack_hashes
from segcore.evaluation import RobustnessCard, RobustnessCell, SavedPredictions, compare, report_of, save_robustness
from segcore.evaluation.predictions import FOLDER
from segcore.evaluation.report import now
from segcore.jobs import find_job, job_result, start
from segcore.jobs.worker import run_job
from segcore.paths import PROJECT
from segcore.runs import Run, list_runs, open_run
from segcore.train import cross_validation
from tests.evaluation.toy_checkpoint import DATA, save_little
from ui.evaluate import confusion, downloads, images, subject
from ui.evaluate.images import Evaluation
from ui.evaluate.subject import Subject
from ui.text import plain


@pytest.fixture(autouse=True)
def little(own_home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkpoint among the visitor's own; a job is done when its button was pressed."""

    def work(run: Run, *, module: str) -> None:
        run_job(run)

    monkeypatch.setattr(start, "start", work)
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
    assert "will appear here" in shown(page)


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
    assert plain(report.worst(1)[0].name) in shown(page)

    text = looked_at(page, "confusion")
    true_id, label = confusion.largest_confusion(np.array(report.counts))
    assert f"{report.counts[true_id][label]:,} pixels of" in text
    page.selectbox(key="evaluate.true").select(0).run()
    page.selectbox(key="evaluate.label").select(0).run()
    assert f"{report.counts[0][0]:,} pixels of" in shown(page)

    kept, dataset = SavedPredictions(run.path / FOLDER), open_dataset(DATA, "val")
    assert json.loads(downloads.json_bytes(report)) == json.loads(json.dumps(report.to_dict()))
    judged = Evaluation(report, dataset, kept, "the job", "little")
    html = downloads.page_bytes(judged, Subject("little", "Little", find_checkpoint(str(little))), "en")
    assert html.startswith(b"<!doctype html>") and b"Worst images" in html


def test_results_come_before_the_form_and_the_form_stays_within_reach() -> None:
    page = open_page()
    assert "images." in shown(page) and not any(button.key == "evaluate.unfolded.toggle" for button in page.button)
    page = pressed(page, "evaluate.job.start")
    assert page.button(key="evaluate.unfolded.toggle").label == "Change"
    assert f"**{plain('Little U-Net')}** on **{plain('shapes:4:64, val')}**" in shown(page)
    assert "Mean IoU, classes in the data" in shown(page) and "both means of the IoU" in shown(page)
    pressed(page, "evaluate.unfolded.toggle")
    assert page.button(key="evaluate.unfolded.toggle").label == "Hide the form"
    page.query_params["data"] = "shapes:6:64"
    page.run()
    assert "about 1 s, estimated from the last" in shown(page), "of another dataset, there is no result yet"
    page = pressed(page, "evaluate.job.start")
    assert page.button(key="evaluate.unfolded.toggle").label == "Change", "folded again"


def test_an_equal_name_is_said_to_be_no_more_than_that(little: Path) -> None:
    checkpoint = load_checkpoint(find_checkpoint(str(little)))
    named = {"training_data": (TrainingData(name="Shapes (val), 9 images", images=9),)}
    save_checkpoint(little, checkpoint.model, checkpoint.card.model_copy(update=named))
    page = open_page()
    assert "is called like this data. Images may overlap" in shown(page)
    assert "was trained on images of this" not in shown(page)
    assert "no record of its training images" in shown(pressed(page, "evaluate.job.start"))
    known = pack_hashes(hash_images(open_dataset(DATA, "val")))
    save_checkpoint(little, checkpoint.model, checkpoint.card.model_copy(update={**named, "image_hashes": known}))
    page = open_page()
    assert "Images may overlap" not in shown(page), "the result states which do"
    assert "At least 4 of these 4 images were in its training" in shown(pressed(page, "evaluate.job.start"))


def test_two_on_the_same_images(little: Path) -> None:
    save_little(little.with_name("other.safetensors"), seed=3)
    page = open_page(task="two", rival="little")
    assert "two different" in shown(page)
    page.selectbox(key="evaluate.rival").select("other").run()
    page = pressed(page, "evaluate.versus.start")
    reports = []
    for path in (little, little.with_name("other.safetensors")):
        run = find_job("evaluate", {"checkpoint": str(path), "data": DATA, "split": "val"}, files=[path])
        assert run is not None
        reports.append(report_of(job_result(run), "the job"))
    result, text = compare(*reports), shown(page)
    assert f"{result.won} : {result.lost}" in text and f"{result.difference.miou:+.3f}".replace("-", "−") in text
    assert all(chip in text for chip in result.classes) and page.get("plotly_chart")
    first = result.images[0 if result.lost > result.won else -1]
    assert plain(first.name) in text and f"{first.one:.3f}" in text


def test_the_robustness_card_beside_a_checkpoint(little: Path) -> None:
    reference = find_checkpoint(str(little))
    card = RobustnessCard(
        created=now(), checkpoint="little", sha256=file_sha256(reference), data="few", data_title="Few", split="val",
        images=3, seed=7, classes=("sky", "sea"), clean_miou=0.5, clean_iou=(0.6, 0.4), relative=0.6,
        environment={}, convention="", cells=(
            RobustnessCell("blur", 1, 0.1, 0.3, 0.6, (0.35, 0.25)),
            RobustnessCell("blur", 2, 0.2, 0.15, 0.3, (0.2, 0.1)),
            RobustnessCell("flip", 1, 1, 0.5, 1.0, (0.6, 0.4)),
        ),
    )  # fmt: skip
    save_robustness(card, reference)
    text = shown(open_page())
    assert plain("keeps 60.0 % of its mIoU") in text and plain("(3 images of Few, val)") in text
    page = open_page(task="robustness")
    text = shown(page)
    assert "Blur" in text and "0.15" in text and "45.0 %" in text, "mean of 0.6 and 0.3"
    page.selectbox(key="evaluate.robustness.of").select(1).run()
    assert "0.25" in shown(page) and page.get("plotly_chart") and not page.exception


def test_classes_of_other_names_are_mapped(little: Path, tmp_path: Path) -> None:
    data = tmp_path / "balls"
    for inner in ("images", "masks"):
        (data / inner).mkdir(parents=True)
    for number in range(2):
        Image.fromarray(np.full((32, 48, 3), 90 * number, np.uint8)).save(data / "images" / f"{number}.png")
        Image.fromarray(np.eye(32, 48, dtype=np.uint8)).save(data / "masks" / f"{number}.png")
    (data / "classes.json").write_text(json.dumps({"classes": ["ground", "ball"]}))
    page = open_page(data=str(data))
    assert "share no class" in page.error[0].value
    page.selectbox(key="evaluate.mapping.little.ball").select("disc").run()
    page.selectbox(key="evaluate.mapping.little.ground").select("background").run()
    page.multiselect(key="evaluate.mapping.little.excused").select("ring").run()
    assert not page.error
    pressed(page, "evaluate.job.start")
    wanted = {"ground": "background", "ball": "disc", "ring": "ignore"}
    settings = {"checkpoint": str(little), "data": str(data), "split": None, "mapping": wanted}
    run = find_job("evaluate", settings, files=[little, data])
    assert run is not None and report_of(job_result(run), "the job").mapping == wanted


def test_folds_are_started_and_told(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[str] = []
    monkeypatch.setattr(cross_validation, "start", lambda run: started.append(run.name))
    page = open_page(task="folds", data="shapes:6:32")
    assert "No cross-validation yet" in shown(page)
    page.number_input(key="evaluate.folds.count").set_value(2).run()
    name = next(each for each in page.text_input if each.key.startswith("evaluate.folds.name"))
    name.set_value("mine").run()
    page = pressed(page, "evaluate.folds.start")
    assert started == ["mine-fold-1", "mine-fold-2"]
    for run, miou in zip(map(open_run, started), (0.5, 0.7), strict=True):
        run.emit("state", state="running")
        run.emit("val", epoch=0, miou=miou, iou=[miou], classes=["sky"])
        run.emit("state", state="finished")
    text = shown(page.run())
    assert "0.600" in text and "± 0.141" in text and "2 / 2" in text and "mine-fold-2" in text and "sky" in text


def test_a_folder_that_is_no_dataset_is_a_sentence(tmp_path: Path) -> None:
    page = open_page(data=str(tmp_path / "nothing"))
    assert page.error and "nothing" in page.error[0].value


def test_exactly_the_pixels_of_a_cell_are_marked() -> None:
    photo = np.full((40, 60, 3), 200, np.uint8)
    pixels = np.zeros((40, 60), np.bool_)
    pixels[3:9, 5:50] = True
    marked = confusion.marked(photo, pixels, photo.shape[:2])
    assert np.array_equal((marked == confusion.MARK).all(-1), pixels)
    assert (marked[~pixels] == 90).all(), "the rest is dimmed"


def test_of_many_classes_those_with_the_most_wrong_pixels_are_drawn() -> None:
    counts = np.diag([9, 9, 9, 9])
    counts[1, 3] = 5
    counts[2, 0] = 1
    assert confusion.most_confused(counts, 2) == [1, 3]
    assert confusion.most_confused(counts, 9) == [0, 1, 2, 3]


def test_two_masks_share_the_classes_of_both() -> None:
    one = SimpleNamespace(classes=("sky", "sea"), colours=((1, 1, 1), (2, 2, 2)))
    other = SimpleNamespace(classes=("sand", "sky"), colours=((3, 3, 3), (4, 4, 4)))
    names, colours = images.union(one, other)  # type: ignore[arg-type]
    assert names == ("sky", "sea", "sand") and colours == ((1, 1, 1), (2, 2, 2), (3, 3, 3))
    table = images.ids_in(names, other.classes)
    assert table[[0, 1]].tolist() == [2, 0] and table[255] == 255


def test_the_largest_confusion_is_never_on_the_diagonal_unless_nothing_is_wrong() -> None:
    assert confusion.largest_confusion(np.array([[9, 1], [3, 9]])) == (1, 0)
    assert confusion.largest_confusion(np.diag([5, 6])) == (0, 0)


def test_a_method_without_a_network_is_judged_and_called_an_upper_bound() -> None:
    page = pressed(open_page(model="method:slic-oracle"), "evaluate.job.start")
    assert "Upper bound" in shown(page)
    assert "<html" in downloads.page_bytes(*_answer_of(page), "en").decode()
    page.segmented_control(key="evaluate.task").set_value("robustness").run()
    assert not page.exception and "Choose a checkpoint" in page.info[0].value


def _answer_of(page: AppTest) -> tuple[Evaluation, Subject]:
    """What the page shows, computed once more without it."""
    chosen = subject.subjects()[page.selectbox(key="evaluate.model").value]
    (run,) = [run for run in list_runs(root=paths.jobs_dir()) if run.spec["job"] == "evaluate"]
    report = report_of(job_result(run), "the job")
    kept = SavedPredictions(run.path / FOLDER)
    return Evaluation(report, open_dataset(DATA, "val"), kept, "it", chosen.short_name), chosen
