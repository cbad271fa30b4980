"""The table of runs: what the address says, what the route answers, what is done with the runs that are ticked."""

import gc
import json
import time
from typing import Any
from urllib.parse import parse_qs

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

from segcore.paths import PROJECT
from segcore.runs import SORTS, STATES, Wanted, change_notes, list_runs, open_run, read_notes
from segcore.runs.lock import take_lock
from tests.ui.made_runs import made_run
from tests.ui.test_routes import ask
from ui.components.roster import KEY
from ui.text import texts
from ui.widgets import run_rows, runs_query


def table(**said: str) -> run_rows.RunsTable:
    return run_rows.table(said.get)


def open_page(ticked: tuple[str, ...] = (), **said: str) -> AppTest:
    page = AppTest.from_file(str(PROJECT / "ui" / "main.py"), default_timeout=60)
    page.switch_page("../pages/runs.py")
    for name, value in said.items():
        page.query_params[name] = value
    page.run()
    assert not page.exception
    return tick(page, *ticked) if ticked else page


def tick(page: AppTest, *names: str) -> AppTest:
    page.session_state[KEY] = {"ticked": {"turn": 0, "names": list(names)}}
    page.run()
    assert not page.exception
    return page


# What stands in the address

word = st.text(st.characters(codec="utf-8", exclude_characters="|"), min_size=1, max_size=12)
words = st.lists(word, max_size=3).map(tuple)
wishes = st.builds(
    Wanted,
    text=word.map(str.strip),
    states=st.lists(st.sampled_from(STATES), max_size=3, unique=True).map(tuple),
    models=words,
    data=words,
    tags=words,
    starred=st.booleans(),
    archived=st.sampled_from(["no", "yes", "all"]),
    sort=st.sampled_from(sorted(SORTS)),
    descending=st.booleans(),
    live_first=st.booleans(),
)


@settings(deadline=None, max_examples=50, derandomize=True)
@given(wishes, st.integers(1, 500))
def test_the_address_says_all_that_is_wanted(wanted: Wanted, page: int) -> None:
    said = {name: value for name, value in runs_query.words(wanted, page).items() if value is not None}
    assert runs_query.wanted(said.get) == wanted
    assert runs_query.page(said.get) == page
    decoded = {name: values[0] for name, values in parse_qs(runs_query.encoded(said)).items()}
    assert decoded == said


@settings(deadline=None, max_examples=100, derandomize=True)
@given(st.dictionaries(st.sampled_from(runs_query.NAMES), st.text(max_size=40)))
def test_whoever_writes_nonsense_into_the_address_gets_a_table(said: dict[str, str]) -> None:
    wanted = runs_query.wanted(said.get)
    assert wanted.sort in SORTS and set(wanted.states) <= set(STATES)
    assert runs_query.page(said.get) >= 1


def test_what_need_not_be_said_is_not_said() -> None:
    assert set(runs_query.words(Wanted()).values()) == {None}
    assert set(runs_query.words(Wanted())) == set(runs_query.NAMES)


# The rows


def test_a_row_tells_state_progress_and_best() -> None:
    made_run("done")
    made_run("broken", state="failed", done=1, reason="The loss became nan.")
    made_run("waiting", state=None)
    found = {row["name"]: row for row in table().rows}
    assert found["done"] | {"made": "", "size": ""} == {
        "name": "done",
        "title": "done",
        "state": "✓ Finished",
        "tone": "good",
        "model": "unet",
        "data": "my **leaves**",
        "best": "0.600 @ 2",
        "epoch": "3 / 3",
        "share": 1.0,
        "left": "—",
        "speed": "41.0",
        "device": "cpu",
        "made": "",
        "size": "",
        "star": False,
        "note": "",
        "tags": [],
    }
    assert found["broken"]["state"] == "✕ Failed" and found["broken"]["epoch"] == "1 / 3"
    assert found["waiting"]["state"] == "◌ Queued" and found["waiting"]["best"] == "—"
    assert found["done"]["size"] != "—"


def test_a_row_shows_the_first_line_of_a_note_and_the_tags() -> None:
    change_notes(made_run("one"), text="<b>first</b>\nsecond", tags=["a"], star=True, archived=True)
    assert table().rows == []
    (row,) = table(archived="all").rows
    assert (row["note"], row["tags"], row["star"]) == ("<b>first</b>…", ["a", "archived"], True)


def test_pages_of_the_table() -> None:
    for number in range(run_rows.PER_PAGE + 1):
        made_run(f"run-{number}", done=0)
    assert [len(table(page=page).rows) for page in ("1", "2", "99")] == [run_rows.PER_PAGE, 1, 1]
    assert table(page="99").page == 2


def test_the_stamp_changes_with_what_is_drawn_around_the_table() -> None:
    one = made_run("one")
    before = table().stamp
    change_notes(one, text="a note changes a row, and a row is drawn by the browser")
    assert table().stamp == before
    made_run("two")
    assert table().stamp != before


def test_the_route_answers_with_the_same_rows_and_cannot_be_confused() -> None:
    made_run("done")
    answer = json.loads(ask("/api/runs", query="q=done&lang=en").body)
    assert answer == run_rows.answer({"q": "done"}.get)
    assert [row["name"] for row in answer["rows"]] == ["done"]
    assert ask("/api/runs", query=f"page={'x' * 999}&sort=../&lang=../en&archived=%00").status == 200
    assert ask("/api/runs", method="POST").status == 405
    assert ask("/api/runs", host="evil.example").status == 400


def test_the_route_speaks_the_language_that_it_is_asked_in() -> None:
    made_run("done")
    states = [json.loads(ask("/api/runs", query=f"lang={lang}").body)["rows"][0]["state"] for lang in ("zh", "en")]
    assert states[1] == "✓ Finished"
    assert states[0] == f"✓ {texts('zh').get('state.finished', 'Finished')}"


# The page


def test_no_runs_yet() -> None:
    assert "No runs yet" in open_page().info[0].value


def test_a_damaged_run_does_not_hide_the_others() -> None:
    made_run("good")
    (made_run("bad").path / "spec.json").write_text("{")
    page = open_page()
    assert any("bad" in warning.value for warning in page.warning)
    assert [row["name"] for row in table().rows] == ["good"]


def test_a_thousand_runs_open_in_under_a_second() -> None:
    one = made_run("run-0")
    for number in range(1, 1000):
        (one.path.parent / f"run-{number}").mkdir()
        for name in ("spec.json", "events.jsonl"):
            (one.path.parent / f"run-{number}" / name).write_bytes((one.path / name).read_bytes())
    gc.collect()
    gc.freeze()  # the objects of all other tests are no work of the listing
    try:
        began = time.process_time()
        assert len(table(sort="best").found) == 1000  # nothing was read before
        assert time.process_time() - began < 1
    finally:
        gc.unfreeze()
    open_page()  # the first one imports; what is measured is work, not the wait for a busy processor
    began = time.process_time()
    page = open_page()
    assert time.process_time() - began < 1
    assert "1000 runs" in page.caption[0].value


def test_filters_come_from_the_address_and_go_there() -> None:
    made_run("done")
    made_run("broken", state="failed", done=0)
    page = open_page(state="failed", q="bro")
    assert "1 of 2 runs" in page.caption[0].value
    assert page.text_input(key="runs.filter.text.en").value == "bro"
    page.text_input(key="runs.filter.text.en").set_value("nobody").run()
    assert "No run matches" in page.info[0].value
    page.button(key="runs.filter.clear").click().run()
    assert "2 runs" in page.caption[0].value
    assert not {"q", "state"} & set(page.query_params)
    page.multiselect(key="runs.filter.states.en").set_value(["finished"]).run()
    assert page.query_params["state"] == "finished"
    assert "1 of 2 runs" in page.caption[0].value


def test_ticked_runs_are_archived_and_come_back() -> None:
    made_run("one")
    made_run("two")
    page = open_page(("one",))
    page.button(key="runs.chosen.archive").click().run()
    assert read_notes(open_run("one")).archived
    assert "1 of 2 runs" in page.caption[0].value
    page = open_page(("one",), archived="yes")
    page.button(key="runs.chosen.unarchive").click().run()
    assert not read_notes(open_run("one")).archived


def test_delete_names_what_goes_spares_what_lives_and_then_deletes() -> None:
    for name in ("one", "two", "three"):
        made_run(name)
    live = made_run("live", state="running", done=1)
    held = take_lock(live.path / "lock")
    assert held is not None
    try:
        page = open_page(("one", "two", "live"))
        said = " ".join(markdown.value for markdown in page.markdown)
        assert "Delete 2 runs" in said and "one (" in said and "two (" in said
        assert any("live" in caption.value and "Still active" in caption.value for caption in page.caption)
        page.button(key="runs.chosen.delete").click().run()
        assert {run.name for run in list_runs()} == {"three", "live"}
    finally:
        held.close()


def test_tags_are_added_to_all_that_are_ticked() -> None:
    change_notes(made_run("one"), tags=["old"])
    made_run("two")
    page = open_page(("one", "two"))
    next(each for each in page.multiselect if each.label.startswith("Tags for all")).set_value(["old", "new"])
    next(button for button in page.button if button.label == "Add tags").click().run()
    assert [read_notes(open_run(name)).tags for name in ("one", "two")] == [("old", "new")] * 2


def test_what_was_deleted_elsewhere_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    made_run("one")
    made_run("two")
    page = open_page(("one",))
    open_run("one").delete()
    page.button(key="runs.chosen.archive").click().run()
    assert "deleted" in page.error[0].value
    assert [run.name for run in list_runs()] == ["two"]


def test_comparing_needs_two_to_eight() -> None:
    for number in range(9):
        made_run(f"run-{number}", done=1)
    names = [f"run-{number}" for number in range(9)]
    buttons = [open_page(tuple(names[:count])).button(key="runs.compare") for count in (1, 2, 8, 9)]
    assert [button.disabled for button in buttons] == [True, False, False, True]
    page = open_page(("run-1", "run-2"))
    page.button(key="runs.compare").click().run()
    assert page.query_params["compare"] == "run-1,run-2"
    assert any(header.value == "Compare runs" for header in page.subheader)


@pytest.mark.parametrize("ticked", [["../x"], [3, None], "one", [f"run-{n}" for n in range(5000)]])
def test_what_a_browser_says_is_ticked_is_checked(ticked: Any) -> None:
    made_run("one")
    page = open_page()
    page.session_state[KEY] = {"ticked": {"turn": 0, "names": ticked}}
    page.run()
    assert not page.exception
    assert "1 run" in page.caption[0].value
