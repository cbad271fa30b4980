"""What the process of a run printed: the end of it, and what is found in it. A log of any length costs the same."""

import os
import re
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

TAIL_BYTES = 64_000
"""So much of the end is read to show it."""
SEARCHED_BYTES = 8_000_000
"""So much of the end is searched."""

_COLOURS = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]")  # what terminals read as colours and movements


class LogLine(NamedTuple):
    """One line of what was found.

    Attributes:
        text: without the marks that terminals read as colours.
        is_hit: it holds the words; otherwise it stands beside one that does.
        follows: it comes right after the line before it, with none left out.
    """

    text: str
    is_hit: bool
    follows: bool


@dataclass(frozen=True)
class Found:
    """What a search found.

    Attributes:
        lines: the last hits with the lines around them, in their order.
        hits: how many lines hold the words, shown or not.
        searched: bytes at the end of the log that were searched.
        size: bytes of the log.
    """

    lines: tuple[LogLine, ...]
    hits: int
    searched: int
    size: int


def log_size(path: Path) -> int:
    """Bytes of a log; 0 before the first."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def log_tail(path: Path, lines: int = 40, *, end: int | None = None) -> list[str]:
    """The last lines of a log; empty before the first.

    Args:
        path: of the log.
        lines: at most so many.
        end: look at the log as it was when it had so many bytes; None is now.
    """
    text, _ = _end_of(path, TAIL_BYTES, end)
    return text.splitlines()[-lines:]


def search_log(path: Path, words: str, *, context: int = 2, most: int = 100, end: int | None = None) -> Found:
    """Lines that hold the words, in upper or lower case, with the lines around them.

    Args:
        path: of the log.
        words: to be found as they stand; not a pattern.
        context: lines to show before and after a hit.
        most: only so many hits are shown, the last ones; all are counted.
        end: as for `log_tail`.
    """
    size = log_size(path) if end is None else end
    text, searched = _end_of(path, SEARCHED_BYTES, size)
    lines = text.splitlines()
    wanted = words.casefold()
    hits = deque[int](maxlen=most)
    count = 0
    for number, line in enumerate(lines):
        if wanted in line.casefold():
            hits.append(number)
            count += 1
    shown = sorted({near for hit in hits for near in range(hit - context, hit + context + 1) if 0 <= near < len(lines)})
    hit_numbers = set(hits)
    before = [None, *shown[:-1]]
    found = tuple(
        LogLine(lines[number], number in hit_numbers, previous is not None and number == previous + 1)
        for previous, number in zip(before, shown, strict=False)
    )
    return Found(found, count, searched, size)


def _end_of(path: Path, most: int, end: int | None) -> tuple[str, int]:
    """At most so many bytes before ``end`` as text that begins with a whole line, and how many were read."""
    try:
        with path.open("rb") as file:
            length = file.seek(0, os.SEEK_END)
            end = length if end is None else min(end, length)
            begin = file.seek(max(0, end - most))
            data = file.read(end - begin)
    except FileNotFoundError:
        return "", 0
    if begin:
        data = data[data.find(b"\n") + 1 :]  # the first line came in half
    return _COLOURS.sub("", data.decode("utf-8", errors="replace")), end - begin
