"""The log on a run's page: its end, a search, and names that are never HTML."""

from collections.abc import Iterator
from contextlib import contextmanager

from streamlit.testing.v1 import AppTest

from segcore.paths import PROJECT
from segcore.runs import Run
from segcore.runs.lock import take_lock
from tests.ui.made_runs import made_run


@contextmanager
def running(name: str) -> Iterator[Run]:
    run = made_run(name, state="running", done=1)
    held = take_lock(run.path / "lock")
    assert held is not None
    try:
        yield run
    finally:
        held.close()


def open_log(run: Run) -> AppTest:
    page = AppTest.from_file(str(PROJECT / "ui" / "main.py"), default_timeout=60)
    page.switch_page("../pages/runs.py")
    page.query_params["run"] = run.name
    page.session_state["runs.log"] = True
    page.run()
    assert not page.exception
    return page


def box(page: AppTest) -> str:
    return next(each.proto.body for each in page.get("html") if 'class="seg-log"' in each.proto.body)


def test_a_log_without_a_line_says_so() -> None:
    page = open_log(made_run("new"))
    assert any("No output" in caption.value for caption in page.caption)


def test_the_end_of_the_log_with_its_tones() -> None:
    run = made_run("done")
    run.log_path.write_text("<b>first</b>\nRuntimeError: no\nUserWarning: hm\nan errand\n")
    text = box(open_log(run))
    assert "&lt;b&gt;first&lt;/b&gt;" in text
    assert '<span class="tone-bad">RuntimeError: no</span>' in text
    assert '<span class="tone-busy">UserWarning: hm</span>' in text
    assert "\nan errand" in text, "only whole words colour a line"


def test_the_whole_log_can_be_saved() -> None:
    run = made_run("done")
    run.log_path.write_text("x" * 5000)
    (link,) = (each.proto.body for each in open_log(run).get("html") if "/api/runs/" in each.proto.body)
    assert 'href="/api/runs/done/log"' in link and "5 kB" in link


def test_a_search_marks_what_it_found_and_counts_it() -> None:
    run = made_run("done")
    run.log_path.write_text("".join(f"line <{number}>\n" for number in range(300)))
    page = open_log(run)
    page.text_input(key="runs.log.search").set_value("LINE <2").run()
    text = box(page)
    assert "<mark>line &lt;2</mark>99&gt;" in text
    assert any("111 lines contain" in caption.value for caption in page.caption)
    assert any("last 100" in caption.value for caption in page.caption)
    page.text_input(key="runs.log.search").set_value("nowhere").run()
    assert any("0 lines contain" in caption.value for caption in page.caption)


def test_words_of_a_search_are_never_markdown() -> None:
    run = made_run("done")
    run.log_path.write_text("[x](http://evil.example)\n")
    page = open_log(run)
    page.text_input(key="runs.log.search").set_value("[x](http://evil.example)").run()
    assert not any("[x](http" in caption.value for caption in page.caption)
    assert "<mark>[x](http://evil.example)</mark>" in box(page)


def test_a_long_log_says_how_much_of_it_was_searched() -> None:
    run = made_run("done")
    with run.log_path.open("wb") as file:
        file.seek(50_000_000)
        file.write(b"\nthe end\n")
    page = open_log(run)
    page.text_input(key="runs.log.search").set_value("end").run()
    assert any("last 8.0 MB of 50.0 MB" in caption.value for caption in page.caption)


def test_a_reader_who_stops_following_keeps_what_was_there() -> None:
    with running("busy") as run:
        run.log_path.write_text("early\n")
        page = open_log(run)
        page.toggle(key="runs.log.follow").set_value(False).run()
        with run.log_path.open("a") as file:
            file.write("late\n")
        page.run()
        assert "late" not in box(page)
        page.toggle(key="runs.log.follow").set_value(True).run()
        assert "late" in box(page)


def test_a_run_that_has_ended_has_nothing_to_follow() -> None:
    run = made_run("done")
    run.log_path.write_text("line\n")
    assert "runs.log.follow" not in [toggle.key for toggle in open_log(run).toggle]
