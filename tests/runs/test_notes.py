"""What people say about a run: kept whole, bounded, and never in the way of the run."""

import json
import sys
import threading
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segcore.errors import BadConfig, BadRun
from segcore.runs import Notes, Run, change_notes, new_run, read_notes
from segcore.runs.notes import MOST_LETTERS, MOST_TAG_LETTERS, MOST_TAGS, clean_tags, clean_text, notes_path


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return new_run({"model": "unet"}, name="one", root=tmp_path)


def test_nothing_is_said_about_a_new_run(run: Run) -> None:
    assert read_notes(run) == Notes()


def test_one_thing_changes_and_the_others_stay(run: Run) -> None:
    change_notes(run, text=" with Dice\nsecond line ", star=True)
    assert change_notes(run, tags=["Baseline", "好"]) == Notes("with Dice\nsecond line", ("Baseline", "好"), star=True)
    assert change_notes(run, archived=True, star=False) == read_notes(run)
    assert read_notes(run) == Notes("with Dice\nsecond line", ("Baseline", "好"), archived=True)


def test_notes_change_while_the_run_lives(run: Run) -> None:
    with run.hold():
        change_notes(run, star=True)
        run.emit("state", state="running")
        assert run.status() == "running"
    assert read_notes(run).star


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b'"text"', b'{"text": 7, "tags": "abc", "star": "yes", "archived": 1}', b"\xff\xfe"]
)
def test_whatever_is_no_note_counts_as_not_said(content: bytes, run: Run) -> None:
    notes_path(run).write_bytes(content)
    assert read_notes(run) == Notes()
    assert change_notes(run, star=True) == Notes(star=True)


def test_the_good_part_of_an_edited_file_is_kept(run: Run) -> None:
    notes_path(run).write_text(json.dumps({"text": "x" * (MOST_LETTERS + 1), "tags": ["a", 3, "b"], "star": True}))
    assert read_notes(run) == Notes(tags=("a", "b"), star=True)


def test_limits_are_said() -> None:
    with pytest.raises(BadConfig, match=f"at most {MOST_LETTERS}"):
        clean_text("x" * (MOST_LETTERS + 1))
    with pytest.raises(BadConfig, match="Shorten"):
        clean_tags(["x" * (MOST_TAG_LETTERS + 1)])
    with pytest.raises(BadConfig, match="too many"):
        clean_tags(map(str, range(MOST_TAGS + 1)))


def test_tags_are_short_words_each_once() -> None:
    assert clean_tags([" a, b ", "A  B", "", "c\n", "\u202eevil"]) == ("a b", "c", "evil")


@settings(deadline=None, max_examples=50, derandomize=True)
@given(st.text(st.characters(), max_size=60), st.lists(st.text(st.characters(), max_size=20), max_size=5))
def test_what_is_cleaned_is_clean_and_can_be_written(text: str, tags: list[str]) -> None:
    assert clean_text(clean_text(text)) == clean_text(text)
    assert clean_tags(clean_tags(tags)) == clean_tags(tags)
    json.dumps([clean_text(text), *clean_tags(tags)], ensure_ascii=False).encode()
    assert not any("," in tag or "\n" in tag for tag in clean_tags(tags))


def test_a_deleted_run_does_not_come_back(run: Run) -> None:
    run.delete()
    with pytest.raises(BadRun, match="deleted"):
        change_notes(run, star=True)
    assert not run.path.exists()


@pytest.mark.skipif(sys.platform == "win32", reason="replacing an open file is refused there")
def test_two_who_write_at_once_never_leave_a_broken_file(run: Run) -> None:
    texts = ["a" * 3000, "b" * 2000]
    change_notes(run, text=texts[0])
    enough = threading.Event()
    seen: set[str] = set()

    def look() -> None:
        while not enough.is_set():
            seen.add(read_notes(run).text)

    def write(text: str) -> None:
        for _ in range(30):
            change_notes(run, text=text)

    reader = threading.Thread(target=look)
    writers = [threading.Thread(target=write, args=(text,)) for text in texts]
    for thread in (reader, *writers):
        thread.start()
    for thread in writers:
        thread.join()
    enough.set()
    reader.join()
    assert seen <= set(texts)
    assert list(run.path.glob("*.part")) == []
