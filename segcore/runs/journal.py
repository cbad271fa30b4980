"""A file of events: one JSON object per line, append-only.

A reader sees complete lines only, even while another process writes. A writer that is killed in the middle of a line
leaves an incomplete one; the next writer starts a new line, and readers skip the incomplete one.
"""

import json
import math
import mmap
import os
import re
import threading
import time
from collections.abc import Collection, Mapping
from pathlib import Path, PurePath
from typing import Any

from segcore.runs.timeline import Event

_APPENDING = threading.RLock()
"""One line at a time: a run's meters emit from a thread of their own."""
_KIND = re.compile(r"[a-z_]+")
_BINARY: int = getattr(os, "O_BINARY", 0)
"""Windows would turn line ends into two bytes without this flag."""


def new_event(kind: str, facts: Mapping[str, Any]) -> Event:
    """An event with the current time; its facts are values that `plain_values` accepts."""
    if not _KIND.fullmatch(kind):
        raise ValueError(f"the kind of an event is lower-case letters and underscores, not {kind!r}")
    if "kind" in facts or "time" in facts:
        raise ValueError('"kind" and "time" are written by emit itself')
    return {"kind": kind, "time": round(time.time(), 3), **plain_values(facts)}


def append(path: Path, event: Event, *, flush: bool) -> None:
    """Add one line; ``flush``: whether it is flushed to disk before this returns.

    Raises:
        OSError: the disk is full or unavailable. What is in the file stays readable.
    """
    line = json.dumps(event, ensure_ascii=False, allow_nan=False).encode() + b"\n"
    with _APPENDING:
        descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | _BINARY, 0o644)
        try:
            if not _ends_a_line(descriptor):
                line = b"\n" + line  # a writer was killed in the middle of a line
            while line:  # a single write, except on a nearly full disk
                line = line[os.write(descriptor, line) :]
            if flush:
                os.fsync(descriptor)
        finally:
            os.close(descriptor)


def read(path: Path, since: int = 0, kinds: Collection[str] | None = None) -> tuple[list[Event], int]:
    """Events of these kinds (None: all) from a byte offset on, and the offset for the next call.

    A missing file has no events; an incomplete last line is left for the next call.
    """
    try:
        with path.open("rb") as file:
            file.seek(since)
            text = file.read()
    except FileNotFoundError:
        return [], since
    whole = text[: text.rfind(b"\n") + 1]
    wanted = None if kinds is None else tuple(_line_start(kind) for kind in kinds)
    lines = (line for line in whole.splitlines() if wanted is None or line.startswith(wanted))
    return [event for event in map(_parse, lines) if event is not None], since + len(whole)


def last(path: Path, *kinds: str) -> list[Event | None]:
    """The newest event of each kind. Searches from the end, so the length of the file does not matter."""
    nothing: list[Event | None] = [None] * len(kinds)
    try:
        with path.open("rb") as file:
            if file.seek(0, os.SEEK_END) == 0:  # an empty file cannot be mapped
                return nothing
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as text:
                return [_last_event(text, _line_start(kind)) for kind in kinds]
    except FileNotFoundError:
        return nothing


def last_except(path: Path, kind: str) -> Event | None:
    """The newest event of any other kind."""
    start = _line_start(kind)
    try:
        with path.open("rb") as file:
            if file.seek(0, os.SEEK_END) == 0:
                return None
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as text:
                end = text.rfind(b"\n") + 1
                while end > 0:
                    begin = text.rfind(b"\n", 0, end - 1) + 1
                    event = None if text[begin : begin + len(start)] == start else _parse(text[begin:end])
                    if event is not None:
                        return event
                    end = begin
    except FileNotFoundError:
        pass
    return None


def plain_values(value: Any) -> Any:
    """JSON values only: arrays and their scalars become lists and numbers; what JSON cannot write becomes null."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if value is None or isinstance(value, str | int):
        return value
    if isinstance(value, Mapping):
        return {str(key): plain_values(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain_values(item) for item in value]
    if hasattr(value, "tolist"):  # numpy and torch, which are not imported here
        return plain_values(value.tolist())
    if isinstance(value, PurePath):
        return str(value)
    raise ValueError(f"an event holds numbers, texts, lists and mappings, not a {type(value).__name__}: {value!r}")


def _ends_a_line(descriptor: int) -> bool:
    if os.lseek(descriptor, 0, os.SEEK_END) == 0:
        return True
    os.lseek(descriptor, -1, os.SEEK_END)
    return os.read(descriptor, 1) == b"\n"


def _line_start(kind: str) -> bytes:
    """The first bytes of a line of this kind; "kind" comes first so that readers need not parse other lines."""
    return f'{{"kind": "{kind}"'.encode()


def _last_event(text: mmap.mmap, start: bytes) -> Event | None:
    end = text.rfind(b"\n") + 1  # what follows is an incomplete line
    while end > 0:
        begin = text.rfind(b"\n" + start, 0, end) + 1
        if begin == 0 and text[: len(start)] != start:
            return None
        event = _parse(text[begin : text.find(b"\n", begin)])
        if event is not None:
            return event
        end = begin
    return None


def _parse(line: bytes) -> Event | None:
    try:
        event = json.loads(line)
    except ValueError:
        return None
    return event if isinstance(event, dict) and isinstance(event.get("kind"), str) else None
