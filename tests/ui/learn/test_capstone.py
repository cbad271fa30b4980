"""The capstone: every step's state is that of the run's folder, and each step is done only by doing it."""

import json

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from segcore.checkpoint import CheckpointCard, list_checkpoints, save_checkpoint
from segcore.models import build_model
from segcore.palette import default_colours
from segcore.runs import Run, change_notes, new_run, read_notes
from segcore.train import make_config
from segcore.train.review import validation_data, validation_sample
from tests.ui.learn.lesson_pages import open_lesson
from ui import cache, text
from ui.learn.capstone import checklist as lists
from ui.learn.capstone import steps, why_step
from ui.learn.capstone.checklist import STEPS, StepNotes, checklist, rises
from ui.text import plain


@pytest.fixture
def run() -> Run:
    """A run of three epochs as a worker leaves it, with weights that were never trained."""
    made = new_run(make_config({"data": ["shapes:8:32"], "epochs": 3}).to_json(), name="one")
    data = validation_data(made)
    card = CheckpointCard(
        name="best",
        title="One",
        architecture="unet",
        options={"width": 4},
        classes=data.classes,
        colours=default_colours(data.classes),
        mean=(0.5, 0.5, 0.5),
        std=(0.25, 0.25, 0.25),
    )
    save_checkpoint(made.checkpoint_path("best"), build_model("unet", num_classes=len(data.classes), width=4), card)
    made.emit("setup", classes=list(data.classes), colours=[list(colour) for colour in data.colours])
    for epoch, miou in enumerate([0.1, 0.2, 0.6]):
        made.emit("val", epoch=epoch, step=10 * epoch + 10, loss=0.5, miou=miou, pixel_accuracy=0.9, iou=[miou])
    worst = [{"index": index, "name": data[index].name, "miou": 0.3 - index / 10, "loss": 1.0} for index in (1, 0)]
    made.emit("worst", epoch=2, images=worst)
    made.emit("state", state="finished")
    return made


def press(page: AppTest, key: str) -> AppTest:
    page.button(key=key).click().run()
    assert not page.exception and not page.error
    return page


def marks(page: AppTest) -> str:
    """One letter for each step: d(one), g(oing on), o(pen)."""
    signs = {"check_circle": "d", "clock_loader_60": "g", "radio_button_unchecked": "o"}
    labels = [page.button(key=f"capstone.step.{step}").label for step in STEPS]
    return "".join(next(letter for sign, letter in signs.items() if sign in label) for label in labels)


def test_without_a_run_nothing_is_done_and_the_first_step_is_offered() -> None:
    page = open_lesson("capstone")
    assert marks(page) == "oooooo" and page.query_params["step"] == "train"
    assert page.button(key="capstone.train.start") and not page.selectbox
    for step in STEPS[1:]:
        press(page, f"capstone.step.{step}")
        assert page.info, step
    press(page, "capstone.first")
    assert page.query_params["step"] == "train"


def test_the_whole_way(run: Run) -> None:
    page = open_lesson("capstone", run="one")
    assert marks(page) == "dooooo" and page.query_params["step"] == "epochs", "it opens at what comes next"

    page.selectbox(key="capstone.rise.one").set_value(1).run()
    assert marks(page) == "ddoooo" and rises(run) == pytest.approx({1: 0.1, 2: 0.4})
    assert any("epoch 3, +0.400" in each.value and "epoch 2: +0.100" in each.value for each in page.markdown)
    page.selectbox(key="capstone.rise.one").set_value(2).run()
    assert any("Yes: epoch 3, +0.400" in each.value for each in page.markdown)

    press(press(page, "capstone.next"), "capstone.worst.take")
    worst = validation_data(run)[1]
    assert marks(page) == "dddooo" and lists.notes_on("one").image_name == worst.name

    press(press(page, "capstone.next"), "capstone.why.ask")
    assert page.query_params["lesson"] == "why" and "run" not in page.query_params
    (photo,) = page.session_state["_segment.album"].photos.values()
    assert (page.session_state["learn.why.photo"], page.session_state["learn.why.network"]) == (
        photo.image_id,
        why_step.network_name(run),
    )
    assert page.button(key="learn.why.skip"), "it is to be predicted again"
    assert not lists.notes_on("one").asked
    press(page, "learn.why.skip")
    assert lists.notes_on("one").asked
    page.button(key="capstone.back").click().run()
    assert page.query_params["lesson"] == "capstone" and "pixel" not in page.query_params
    assert marks(page) == "ddddoo" and page.query_params["step"] == "sentence"

    page.text_area(key="capstone.sentence.one").set_value("It looks at *edges* only.")
    next(button for button in page.button if button.label.endswith("Save the sentence")).click().run()
    assert read_notes(run).text == "It looks at *edges* only." and marks(page) == "dddddo"

    press(press(page, "capstone.next"), "runs.report")
    assert marks(page) == "dddddd" and page.success
    (report,) = [page.session_state["_runs.report"][1]]
    assert b"It looks at *edges* only." in report


def test_the_next_visit_begins_where_the_last_one_ended(run: Run) -> None:
    press(open_lesson("capstone", run="one", step="worst"), "capstone.worst.take")
    page = open_lesson("capstone")
    assert page.query_params["run"] == "one" and marks(page) == "dodooo"
    assert page.query_params["step"] == "epochs"
    overview = open_lesson("")
    assert any("2 of 6" in each.value for each in overview.caption)


def test_the_image_of_the_lesson_is_the_one_that_was_taken(run: Run) -> None:
    """Pixel for pixel, although the network was taught drawn shapes, for which the lesson has pictures of its own."""
    page = press(open_lesson("capstone", run="one", step="worst"), "capstone.worst.take")
    press(press(page, "capstone.step.why"), "capstone.why.ask")
    sample = validation_sample(validation_data(run), 1, validation_data(run)[1].name)
    (photo,) = page.session_state["_segment.album"].photos.values()
    np.testing.assert_array_equal(cache.image(photo.image_id, photo.name, photo.data).rgb, sample.image)
    assert any(plain("One") in each.value and "One photo" in each.value for each in page.caption)
    names = [reference.name for reference, _ in list_checkpoints()]
    assert why_step.network_name(run) in names
    page.query_params["lesson"] = "capstone"
    page.run()
    press(page, "capstone.step.why")
    press(page, "capstone.why.ask")
    assert [reference.name for reference, _ in list_checkpoints()] == names, "kept once"


def test_a_run_that_is_deleted_or_still_going_on_is_told(run: Run) -> None:
    page = open_lesson("capstone", run="![x](http://evil)")
    assert len(page.warning) == 1 and "](http" not in page.warning[0].value and marks(page) == "oooooo"
    live = new_run(run.spec, name="live")
    assert checklist("live").marks["train"] in ("open", "doing")
    page = open_lesson("capstone", run="live", step="report")
    assert page.info and marks(page)[1:] == "ooooo"
    live.delete()
    lists.choose_run("live")
    assert marks(open_lesson("capstone")) == "oooooo"


def test_a_run_without_epochs_images_or_weights_says_so() -> None:
    bare = new_run(make_config({"data": ["shapes:8:32"], "epochs": 1}).to_json(), name="bare")
    bare.emit("val", epoch=0, step=1, loss=0.5, miou=0.1, pixel_accuracy=0.9, iou=[0.1])
    bare.emit("state", state="finished")
    page = open_lesson("capstone", run="bare")
    assert marks(page) == "oooooo" and any("without weights" in each.value for each in page.warning)
    bare.checkpoint_path("best").parent.mkdir(exist_ok=True)
    bare.checkpoint_path("best").write_bytes(b"")
    for step, told in (("epochs", "validated only once"), ("worst", "no worst images"), ("why", "previous step")):
        page = open_lesson("capstone", run="bare", step=step)
        assert any(told in each.value for each in page.info), step


def test_the_demo_starts_from_here(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[Run] = []
    monkeypatch.setattr(steps, "start", started.append)
    page = press(open_lesson("capstone"), "capstone.train.start")
    (run,) = started
    assert page.query_params["run"] == run.name == lists.chosen_run()
    assert run.spec["data"] == ["shapes:400:64"] and run.spec["device"] == "auto"


def test_a_file_that_somebody_broke_is_as_good_as_none() -> None:
    lists.note("one", rise=2)
    assert lists.notes_on("one").rise == 2 and lists.notes_on("two") == StepNotes()
    content = json.loads(lists.file().read_text())
    lists.file().write_text(json.dumps(content | {"run": 3, "runs": {"one": {"rise": "2", "asked": 1, "image": 4}}}))
    assert lists.notes_on("one") == StepNotes(image=4) and lists.chosen_run() is None
    for broken in ("[]", "{", '{"runs": []}'):
        lists.file().write_text(broken)
        assert lists.notes_on("one") == StepNotes()
    lists.note("one", asked=True)
    assert lists.notes_on("one").asked


def test_the_worst_place_is_the_deepest_of_what_is_wrong() -> None:
    wrong = np.zeros((20, 30), bool)
    wrong[2:5, 2:5] = wrong[8:17, 10:19] = True
    assert why_step.most_wrong_pixel(wrong) == (12, 14)
    corner = np.zeros((9, 9), bool)
    corner[:5, :5] = True
    assert why_step.most_wrong_pixel(corner) == (2, 2)
    assert why_step.most_wrong_pixel(np.zeros((20, 30), bool)) == (10, 15)


def test_it_is_told_in_chinese(run: Run) -> None:
    change_notes(run, text="x")
    page = open_lesson("capstone", run="one", lang="zh")
    assert page.title[0].value == text.texts("zh")["capstone.title"]
    assert text.texts("zh")["capstone.epochs.about"] in [each.value for each in page.markdown]
