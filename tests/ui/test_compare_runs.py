"""The comparison of runs, and what people say about one, on the Runs page."""

from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from segcore.paths import PROJECT
from segcore.runs import Run, change_notes, compared, new_run, open_run, read_notes
from segcore.runs.queue import waiting
from tests.ui.made_runs import made_run
from ui.runs import compare


def open_page(**said: str) -> AppTest:
    page = AppTest.from_file(str(PROJECT / "ui" / "main.py"), default_timeout=60)
    page.switch_page("../pages/runs.py")
    for name, value in said.items():
        page.query_params[name] = value
    page.run()
    assert not page.exception
    return page


def html(page: AppTest) -> str:
    return " ".join(element.proto.body for element in page.get("html"))


def test_best_epochs_stand_side_by_side_with_their_differences() -> None:
    made_run("one", done=1)
    made_run("two", done=3)
    page = open_page(compare="one,two")
    said = html(page)
    assert "0.600 (+0.400)" in said and 'class="named tone-good"' in said
    assert "2 (+1)" in said, "the epoch is neither better nor worse"
    assert "IoU of &lt;b&gt;disc&lt;/b&gt;" in said, "names of classes are text"
    assert "same settings" in " ".join(caption.value for caption in page.caption)
    page.selectbox(key="compare.baseline").set_value("two").run()
    assert "0.200 (−0.400)" in html(page) and 'class="named tone-bad"' in html(page)


def test_settings_that_differ_and_why_scores_do_not_compare() -> None:
    made_run("one")
    other = new_run({"model": "segnet", "data": ["other"], "epochs": 3, "options": {"width": 4}}, name="two")
    other.emit("state", state="starting")
    other.emit("setup", classes=["x"], colours=[[0, 0, 0]], steps_per_epoch=10, device="cpu")
    other.emit("state", state="stopped")
    page = open_page(compare="one,two")
    said = html(page)
    assert "<td>Model option “width”</td><td>—</td><td>4</td>" in said
    assert "<td>Model</td><td>unet</td><td>segnet</td>" in said
    assert "epochs" not in said
    warnings = " ".join(warning.value for warning in page.warning)
    assert "different classes" in warnings and "different data" in warnings


@pytest.mark.parametrize("asked", ["", "one", "one,one", "one,nobody", "../x,one", "<b>,one", "x" * 5000])
def test_what_cannot_be_compared_gets_a_sentence(asked: str) -> None:
    made_run("one")
    page = open_page(compare=asked)
    assert "Tick 2 to 8 runs" in page.info[0].value


def test_more_than_eight_are_cut_and_said() -> None:
    for number in range(9):
        made_run(f"run-{number}", done=1)
    page = open_page(compare=",".join(f"run-{number}" for number in range(9)))
    assert "first 8 runs" in page.warning[0].value
    assert "run-8" not in html(page)


def test_the_time_of_a_run_that_still_trains_is_stated_so_far() -> None:
    ended, other = (compared(made_run(name)) for name in ("one", "two"))
    ended, running = (
        replace(run, facts=replace(run.facts, state=state, took=seconds))
        for run, state, seconds in ((ended, "finished", 90.0), (other, "running", 30.0))
    )
    took = compare.Measure("took", "", 0, "bad")
    assert "so far" in str(compare._value(took, running, ended))
    assert "−" not in str(compare._value(took, running, ended))
    assert "+" not in str(compare._value(took, ended, running)), "nor is it the yardstick of another"


def test_the_comparison_as_csv() -> None:
    runs = [compared(made_run("one", done=1)), compared(made_run("two", epochs=9))]
    text = compare.as_csv(runs, [compare.Measure("miou", "", 3, ""), compare.Measure("iou.1", "", 3, "")])
    assert text.decode("utf-8-sig").splitlines() == [
        "run,state,miou,iou <b>disc</b>,epochs",
        "one,finished,0.2,,3",
        "two,finished,0.6,,9",
    ]


# What people say about one run


def test_notes_are_kept_as_they_are_typed() -> None:
    change_notes(made_run("other"), tags=["known"])
    made_run("one")
    page = open_page(run="one")
    page.text_area(key="runs.note.one").set_value("**Dice** helps").run()
    page.multiselect(key="runs.tags.one").set_value(["known"]).run()
    page.toggle(key="runs.star.one").set_value(True).run()
    page.toggle(key="runs.archive.one").set_value(True).run()
    assert not page.exception and not page.error
    notes = read_notes(open_run("one"))
    assert (notes.text, notes.tags, notes.star, notes.archived) == ("**Dice** helps", ("known",), True, True)


def test_the_words_of_another_browser_appear() -> None:
    run = made_run("one")
    page = open_page(run="one")
    change_notes(run, text="from elsewhere", star=True)
    page.run()
    assert page.text_area(key="runs.note.one").value == "from elsewhere"
    assert page.toggle(key="runs.star.one").value
    page.text_area(key="runs.note.one").set_value("mine").run()
    assert read_notes(run).text == "mine" and read_notes(run).star


def test_a_note_about_a_deleted_run_is_a_sentence() -> None:
    run = made_run("one")
    page = open_page(run="one")
    run.delete()
    page.text_area(key="runs.note.one").set_value("too late").run()
    assert not page.exception
    assert "one" in page.error[0].value


def test_a_run_that_has_ended_gets_more_epochs(monkeypatch: pytest.MonkeyPatch) -> None:
    extended: list[tuple[str, int]] = []
    monkeypatch.setattr("ui.runs.requests.extend", lambda run, epochs: extended.append((run.name, epochs)))
    made_run("one", epochs=4)
    page = open_page(run="one")
    assert page.number_input(key="runs.epochs").value == 2
    page.number_input(key="runs.epochs").set_value(5)
    next(button for button in page.button if button.proto.is_form_submitter and button.label == "Resume").click().run()
    assert extended == [("one", 5)]


# The line of those that wait


def waits(name: str, place: int) -> Run:
    """A run whose ticket lies in the line of cuda:0; the test holds its lock."""
    run = new_run({"model": "unet", "epochs": 2}, name=name)
    line = run.path.parent / ".queue" / "cuda-0"
    line.mkdir(parents=True, exist_ok=True)
    (line / f"{name}.ticket").write_text(str(place))
    return run


def test_the_order_is_changed_runs_are_withdrawn_and_the_limit_is_set() -> None:
    first, second, third = waits("first", 1), waits("second", 2), waits("third", 3)
    with first.hold(), second.hold(), third.hold():
        for run in (first, second, third):
            run.emit("state", state="queued", device="cuda:0")
        page = open_page()
        assert any("3 runs wait" in expander.label for expander in page.expander)
        page.button(key="runs.queue.up.third").click().run()
        assert waiting("cuda:0") == ["first", "third", "second"]
        page.button(key="runs.queue.front.second").click().run()
        assert waiting("cuda:0") == ["second", "first", "third"]
        page.button(key="runs.queue.down.second").click().run()
        assert waiting("cuda:0") == ["first", "second", "third"]
        page.number_input(key="runs.queue.limit.cuda:0").set_value(2).run()
        assert (first.path.parent / ".queue" / "cuda-0" / "limit").read_text() == "2"
        page.button(key="runs.queue.withdraw.third").click().run()
        assert third.requested() == "stop"
        page = open_page(run="second")
        assert any("place 2" in markdown.value for markdown in page.markdown)
        page.button(key="runs.queue.to_front").click().run()
        assert waiting("cuda:0") == ["second", "first", "third"]


def test_whoever_waits_no_longer_is_not_moved_but_told() -> None:
    run, other = waits("first", 1), waits("second", 2)
    with other.hold():
        with run.hold():
            page = open_page()
            assert waiting("cuda:0") == ["first", "second"]
        page.button(key="runs.queue.down.first").click().run()
        assert "waits for no device" in page.error[0].value.replace("\\", "")
