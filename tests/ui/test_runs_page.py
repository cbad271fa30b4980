"""The Runs page: the table of all runs, and one run with all that can be done with it."""

import subprocess
import sys

import pytest
from streamlit.testing.v1 import AppTest

from segcore import paths
from segcore.checkpoint import CheckpointCard, load_card, save_checkpoint
from segcore.models import build_model
from segcore.paths import PROJECT
from segcore.runs import Run, list_runs, new_run, summary
from segcore.runs.lock import take_lock
from tests.ui.made_runs import made_run
from ui.api import run_curves
from ui.widgets import run_text


def open_page(run: str | None = None) -> AppTest:
    page = AppTest.from_file(str(PROJECT / "ui" / "main.py"), default_timeout=60)
    page.switch_page("../pages/runs.py")
    if run is not None:
        page.query_params["run"] = run
    page.run()
    assert not page.exception
    return page


def html(page: AppTest) -> str:
    return " ".join(element.proto.body for element in page.get("html"))


def with_weights(run: Run) -> Run:
    card = CheckpointCard(
        name="best",
        title="Tiny",
        architecture="unet",
        options={"width": 4},
        classes=("background", "disc"),
        colours=((0, 0, 0), (230, 159, 0)),
        mean=(0.5, 0.5, 0.5),
        std=(0.25, 0.25, 0.25),
    )
    save_checkpoint(run.checkpoint_path("best"), build_model("unet", num_classes=2, width=4), card)
    return run


def test_no_runs_yet() -> None:
    page = open_page()
    assert "No runs yet" in page.info[0].value


def test_torch_is_not_needed() -> None:
    code = "import sys, ui.runs.overview, ui.runs.detail; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=PROJECT, check=False).returncode == 0


@pytest.mark.parametrize("name", ["nobody", "../../etc/passwd", "a/b", "", "x" * 300, "<script>"])
def test_a_name_that_is_no_run_gets_a_sentence(name: str) -> None:
    page = open_page(name)
    assert "run" in page.error[0].value
    assert "<script>" not in page.error[0].value


def test_a_run_shows_its_tiles_and_its_configuration() -> None:
    run = made_run("done")
    page = open_page("done")
    assert "✓ Finished" in html(page) and "0.600 @ 2" in html(page)
    assert any(f"--config {run.path}" in code.value for code in page.code)
    assert any('"epochs": 3' in code.value for code in page.code)


def test_a_failure_has_its_reason_its_cause_and_the_end_of_the_log() -> None:
    run = made_run("broken", state="failed", done=0, reason="The loss became nan at step 3.", cause="nan")
    run.log_path.write_text("line\n" * 100 + "Traceback: the last word\n")
    page = open_page("broken")
    assert "The loss became nan" in page.error[0].value
    assert "ten times lower" in page.error[0].value
    assert any("the last word" in code.value for code in page.code)


def test_a_lost_run_says_so() -> None:
    made_run("gone", state="running", done=1)  # no process holds its lock
    page = open_page("gone")
    assert "? Lost contact" in html(page)
    assert "ended without an exit record" in page.error[0].value


def test_keep_puts_the_weights_under_a_name_and_links_to_segment() -> None:
    with_weights(made_run("done"))
    page = open_page("done")
    page.text_input(key="runs.keep.done").set_value("my-discs")
    next(button for button in page.button if button.label == "Keep").click().run()
    assert not page.exception and not page.error
    assert (paths.own_checkpoints_dir() / "my-discs.safetensors").exists()
    assert any("my" in success.value for success in page.success)
    assert load_card(paths.own_checkpoints_dir() / "my-discs.safetensors").title == "my-discs", "its name everywhere"
    with_weights(made_run("other"))
    assert any("my" in success.value for success in open_page("done").success), "in another session, too"
    assert not any("my" in success.value for success in open_page("other").success)


def test_a_bad_name_is_refused_in_a_sentence() -> None:
    with_weights(made_run("done"))
    page = open_page("done")
    page.text_input(key="runs.keep.done").set_value("../out")
    next(button for button in page.button if button.label == "Keep").click().run()
    assert "cannot be the name" in page.error[0].value
    assert not paths.own_checkpoints_dir().exists()


def test_delete_asks_with_name_and_size_and_then_deletes() -> None:
    made_run("one")
    made_run("two")
    page = open_page("one")
    assert any("one" in markdown.value and "kB" in markdown.value for markdown in page.markdown)
    page.button(key="runs.delete.now").click().run()
    assert not page.exception
    assert [run.name for run in list_runs()] == ["two"]


@pytest.mark.parametrize("state", ["failed", "stopped", "paused"])
def test_what_has_ended_can_go_on(state: str, monkeypatch: pytest.MonkeyPatch) -> None:
    resumed: list[str] = []
    monkeypatch.setattr("ui.runs.requests.resume", lambda run: resumed.append(run.name))
    made_run("ended", state=state, done=1)
    open_page("ended").button(key="runs.resume").click().run()
    assert resumed == ["ended"]


@pytest.mark.parametrize("request_", ["stop", "stop_after_epoch", "pause"])
def test_a_running_run_can_be_asked_to_end(request_: str) -> None:
    run = made_run("busy", state="running", done=1)
    held = take_lock(run.path / "lock")
    assert held is not None
    try:
        page = open_page("busy")
        page.button(key=f"runs.{request_}").click().run()
        assert run.requested() == request_
        words = {"stop": "Stopping", "stop_after_epoch": "Finishing epoch", "pause": "Pausing"}
        assert words[request_] in html(page)
        assert page.button(key=f"runs.{request_}").disabled, "what was pressed does not vanish"
    finally:
        held.close()


def test_time_left_comes_from_the_pace_so_far() -> None:
    run = made_run("done", done=2)
    facts = summary(run)
    assert (facts.done, facts.best_epoch, facts.left) == (2, 2, None)
    assert facts.took is not None and facts.took >= 0


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(None, "—"), (0.4, "0 s"), (59.4, "59 s"), (200, "3 min"), (3599.9, "1 h 00 min"), (7500, "2 h 05 min")],
)
def test_times_are_as_exact_as_anybody_wants_to_know(seconds: float | None, text: str) -> None:
    assert run_text.seconds(seconds) == text


def test_a_classification_shows_its_accuracy_and_which_class_pictures_were_taken_for() -> None:
    run = new_run({"model": "classifier", "task": "classification", "data": ["cifar10"], "epochs": 1}, name="ten")
    run.emit(
        "setup", classes=["<b>disc</b>", "square"], colours=[[0, 0, 0], [9, 9, 9]], steps_per_epoch=1, device="cpu"
    )
    run.emit("state", state="running")
    run.emit("val", epoch=0, step=1, loss=0.5, accuracy=0.75, miou=None, counts=[[3, 1], [1, 3]], iou=[None, None])
    run.emit("best", epoch=0, accuracy=0.75)
    run.emit("state", state="finished")
    text = html(open_page("ten"))
    assert "Best accuracy" in text and "0.750 @ 1" in text and "&lt;b&gt;disc" in text and "mIoU" not in text
    assert all(f">{number}</td>" in text for number in ("75", "25", "4"))
    assert run_text.best(summary(run)) == "0.750 @ 1 (accuracy)"
    lines = run_curves.news(run, 0)["lines"]
    assert lines["accuracy"][0][2] == 0.75 and "miou" not in lines
