"""The log of a run: its end, and a text search. Only a limited part of it is read, whatever its length."""

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

TAIL_BYTES = 64_000
"""Number of bytes read to show the end."""
SEARCHED_BYTES = 8_000_000
"""Number of bytes at the end that are searched."""

_COLOURS = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]")  # terminal codes for colours and cursor movements


class LogLine(NamedTuple):
    """One line of a search result, without terminal codes: a hit or its context.

    ``follows``: no line is omitted between it and the previous one.
    """

    text: str
    is_hit: bool
    follows: bool


@dataclass(frozen=True)
class LogSearch:
    """The last hits with their context, in order.

    ``hits`` counts all lines that contain the text in the ``searched`` bytes at the end of the log of ``size`` bytes.
    """

    lines: tuple[LogLine, ...]
    hits: int
    searched: int
    size: int


def log_size(path: Path) -> int:
    """Size of a log in bytes; 0 if it does not exist yet."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def log_tail(path: Path, lines: int = 40, *, end: int | None = None) -> list[str]:
    """The last lines of a log, treated as if it ended at byte ``end``; empty if it does not exist yet."""
    text, _ = _end_of(path, TAIL_BYTES, end)
    return text.splitlines()[-lines:]


def search_log(path: Path, words: str, *, context: int = 2, most: int = 100, end: int | None = None) -> LogSearch:
    """Lines that contain the literal text ``words``, case-insensitively, with the lines around them.

    Of the hits, the last ``most`` are shown and all are counted; ``end`` is as for `log_tail`.
    """
    size = log_size(path) if end is None else end
    text, searched = _end_of(path, SEARCHED_BYTES, size)
    lines = text.splitlines()
    wanted = words.casefold()
    all_hits = [number for number, line in enumerate(lines) if wanted in line.casefold()]
    hits = set(all_hits[-most:])
    shown = {near for hit in hits for near in range(hit - context, hit + context + 1) if 0 <= near < len(lines)}
    found = tuple(LogLine(lines[number], number in hits, number - 1 in shown) for number in sorted(shown))
    return LogSearch(found, len(all_hits), searched, size)


def _end_of(path: Path, most: int, end: int | None) -> tuple[str, int]:
    """Up to ``most`` bytes before ``end`` as text starting with a complete line, and the number of bytes read."""
    try:
        with path.open("rb") as file:
            length = file.seek(0, os.SEEK_END)
            end = length if end is None else min(end, length)
            begin = file.seek(max(0, end - most))
            data = file.read(end - begin)
    except FileNotFoundError:
        return "", 0
    if begin:
        data = data[data.find(b"\n") + 1 :]  # the first line is incomplete
    return _COLOURS.sub("", data.decode("utf-8", errors="replace")), end - begin
