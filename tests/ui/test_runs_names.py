"""Runs on the pages: folders with any name, renamed runs, stalled runs, and a home that is a file."""

import shutil
import time
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from segcore.paths import PROJECT
from segcore.runs import address, change_notes, open_run, read_notes
from tests.ui.made_runs import made_run
from tests.ui.made_samples import made_story
from ui.runs import weights
from ui.text import plain
from ui.widgets import run_rows

ODD = "<b>Leaves</b> **Dice**"


def open_page(page_name: str = "runs", **query: str) -> AppTest:
    page = AppTest.from_file(str(PROJECT / "ui" / "main.py"), default_timeout=60)
    page.switch_page(f"../pages/{page_name}.py")
    for name, value in query.items():
        page.query_params[name] = value
    page.run()
    assert not page.exception
    return page


def html(page: AppTest) -> str:
    return " ".join(element.proto.body for element in page.get("html"))


@pytest.mark.parametrize("name", ["base0 (copy)", "base0.bak", "实验 🐈", "-x", "a,b"])
def test_a_copied_folder_has_a_row_and_a_page(name: str) -> None:
    run = made_run("base0")
    shutil.copytree(run.path, run.path.parent / name)
    rows = {row["title"]: row["name"] for row in run_rows.answer(lambda _name: None)["rows"]}
    assert rows == {"base0": "base0", name: address(name)}
    page = open_page(run=address(name))
    assert page.subheader[0].value == plain(name)
    compared = html(open_page(compare=f"base0,{address(name)}"))
    assert name in compared and "base0" in compared


def test_a_name_given_on_the_page_is_shown_everywhere_as_plain_text() -> None:
    run = made_run("one")
    made_run("two")
    page = open_page(run="one")
    page.text_input(key="runs.rename.one").set_value(f" {ODD} ").run()
    assert not page.exception and not page.error
    assert read_notes(run).name == ODD and page.subheader[0].value == plain(ODD)
    assert ODD in [row["title"] for row in run_rows.answer(lambda _name: None)["rows"]]
    compared = open_page(compare="one,two")
    assert "&lt;b&gt;Leaves&lt;/b&gt;" in html(compared) and "<b>Leaves" not in html(compared)
    page.text_input(key="runs.rename.one").set_value("").run()
    assert page.subheader[0].value == "one"


def test_settings_that_differ_have_the_titles_of_the_form() -> None:
    for name, changes in (("one", {}), ("two", {"learning_rate": 0.5, "options": {"width": 8}})):
        run = made_run(name, state="finished")
        run.amend(changes)
        run.emit("setup", train_images=len(changes), versions={"torch": name})
    shown = html(open_page(compare="one,two"))
    for title in ("Learning rate", "Training images", "Version: torch"):
        assert f"<td>{title}</td>" in shown
    assert "train_images" not in shown and "learning_rate" not in shown


def test_a_stalled_run_has_a_card_with_what_can_be_done(monkeypatch: pytest.MonkeyPatch) -> None:
    run = made_run("hung", state="running", done=1)
    with run.hold(again=True):
        run.emit("state", state="running")
        for step in range(10, 13):
            run.emit("step", epoch=1, step=step, loss=0.5)
        now = time.time()
        monkeypatch.setattr(time, "time", lambda: now + 300)
        page = open_page(run="hung")
        assert "Stalled" in html(page)
        text = " ".join(element.value for element in page.markdown)
        assert "Nothing has happened for 5 min" in text and "step 12" in text
        labels = {button.label for button in page.button}
        assert {"Show where it is", "Save and stop", "Kill the process"} <= labels
        page.button(key="runs.stalled.kill").click().run()
        assert "no process of this computer" in page.error[0].value, "this test holds the lock unsigned"
        page.button(key="runs.stalled.stop").click().run()
        assert run.requested() == "stop"


def test_a_validation_image_of_the_run_is_what_its_kept_weights_open_on() -> None:
    run = made_story("one").run
    example = weights._validation_image(run)
    assert example is not None and example[1][:4] in (b"\x89PNG", b"\xff\xd8\xff\xe0")
    assert weights._validation_image(made_run("none")) is None


@pytest.mark.parametrize("name", ["runs", "train", "data", "models", "learn"])
def test_every_page_says_that_the_home_is_a_file(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("SEGCORE_HOME", str(tmp_path / "file"))
    page = open_page(name)
    assert "SEGCORE" in page.error[0].value and "is a file" in page.error[0].value
    assert not page.info, "not: no runs yet"


def test_a_damaged_run_is_named_and_the_others_are_listed() -> None:
    made_run("good")
    (made_run("bad").path / "events.jsonl").write_text('{"kind": "amended", "time": 1, "changes": 5}\n')
    page = open_page()
    assert "bad" in page.warning[0].value
    assert [row["name"] for row in run_rows.answer(lambda _name: None)["rows"]] == ["good"]


def test_notes_of_a_run_with_an_odd_folder_are_stored_there() -> None:
    run = made_run("base0")
    shutil.copytree(run.path, run.path.parent / "base0 (copy)")
    change_notes(open_run("base0 (copy)"), name="mine")
    assert read_notes(open_run(address("base0 (copy)"))).name == "mine" and read_notes(run).name == ""
