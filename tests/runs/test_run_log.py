"""The end of a log, and a search in it: right at the edges, and bounded however long the log is."""

import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segcore.runs import log, log_size, log_tail, search_log


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "log.txt"


def test_no_log_yet(path: Path) -> None:
    assert log_tail(path) == []
    assert log_size(path) == 0
    found = search_log(path, "x")
    assert (found.lines, found.hits, found.size) == ((), 0, 0)


def test_the_last_lines(path: Path) -> None:
    path.write_text("".join(f"line {number}\n" for number in range(100)))
    assert log_tail(path, 3) == ["line 97", "line 98", "line 99"]


def test_a_line_that_came_in_half_is_not_shown(path: Path) -> None:
    path.write_bytes(b"x" * (log.TAIL_BYTES + 100) + b"\nlast\n")
    assert log_tail(path) == ["last"]


def test_colours_of_terminals_and_broken_bytes_do_no_harm(path: Path) -> None:
    path.write_bytes(b"\x1b[1;31mred\x1b[0m \xff\r12 %\r13 %\n")
    assert log_tail(path) == ["red \ufffd", "12 %", "13 %"]


def test_hits_come_with_their_neighbours(path: Path) -> None:
    path.write_text("".join(f"{'Error' if number in (3, 4, 20) else 'line'} {number}\n" for number in range(30)))
    found = search_log(path, "eRRor", context=1)
    assert [line.text for line in found.lines] == [
        "line 2", "Error 3", "Error 4", "line 5", "line 19", "Error 20", "line 21",
    ]  # fmt: skip
    assert [line.is_hit for line in found.lines] == [False, True, True, False, False, True, False]
    assert [line.follows for line in found.lines] == [False, True, True, True, False, True, True]
    assert (found.hits, found.searched, found.size) == (3, path.stat().st_size, path.stat().st_size)


def test_only_the_last_hits_are_shown_and_all_are_counted(path: Path) -> None:
    path.write_text("hit\n" * 500)
    found = search_log(path, "hit", context=0, most=10)
    assert (len(found.lines), found.hits) == (10, 500)


def test_words_are_no_pattern(path: Path) -> None:
    path.write_text("a.b\naxb\n[warn]\n")
    assert [line.text for line in search_log(path, "A.B", context=0).lines] == ["a.b"]
    assert search_log(path, "[", context=0).hits == 1


def test_the_log_as_it_was(path: Path) -> None:
    path.write_text("one\ntwo\n")
    size = log_size(path)
    with path.open("a") as file:
        file.write("three\n")
    assert log_tail(path, end=size) == ["one", "two"]
    assert search_log(path, "three", end=size).hits == 0
    assert log_tail(path, end=10**9) == ["one", "two", "three"], "of another, longer log of this name"


def test_a_hundred_megabytes_cost_no_more(path: Path) -> None:
    with path.open("wb") as file:
        file.write(b"needle at the beginning\n")
        file.seek(100_000_000)  # a hole: takes no space
        file.write(b"\nneedle at the end\n")
    began = time.process_time()
    assert log_tail(path)[-1] == "needle at the end"
    found = search_log(path, "needle")
    assert time.process_time() - began < 1
    assert (found.hits, found.searched) == (1, log.SEARCHED_BYTES)
    assert found.size > 100_000_000


@settings(deadline=None, max_examples=25, derandomize=True)
@given(st.lists(st.text(alphabet="ab \u00e9", max_size=6), max_size=20), st.integers(0, 3), st.integers(1, 5))
def test_a_search_equals_the_slow_way(
    tmp_path_factory: pytest.TempPathFactory, lines: list[str], context: int, most: int
) -> None:
    path = tmp_path_factory.mktemp("log") / "log.txt"
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    hits = [number for number, line in enumerate(lines) if "a" in line]
    shown = [n for n in range(len(lines)) if any(abs(n - hit) <= context for hit in hits[-most:])]
    found = search_log(path, "a", context=context, most=most)
    assert [line.text for line in found.lines] == [lines[number] for number in shown]
    assert found.hits == len(hits)
