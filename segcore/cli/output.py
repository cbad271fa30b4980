"""Output of all commands: messages, tables, JSON, formatted numbers, and the exit codes."""

import io
import json
import math
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from segcore.errors import BadConfig

DONE = 0
FAILED = 1
"""A training, some of the photos or the network failed."""
MISTAKE = 2
"""Wrong usage or configuration; the message on stderr explains how to fix it."""
INTERRUPTED = 130
"""Ctrl-C: 128 + SIGINT, as shells have it."""


def notify(message: str) -> None:
    """Print a message to stderr, separate from results."""
    print(message, file=sys.stderr, flush=True)


def check_writable(file: Path | None, option: str, example: str = "report.json") -> None:
    """Check the path of an output file before the work starts; None passes. The message names option and example.

    Raises:
        BadConfig: the path is a folder, or its folder does not exist.
    """
    if file is None:
        return
    if file.is_dir():
        raise BadConfig(
            "{option} {file} is a folder; expected the name of a file, such as {example}.",
            option=option,
            file=file,
            example=file / example,
        )
    if not file.parent.is_dir():
        raise BadConfig(
            "{option} {file}: there is no folder {folder}. Make it first.", option=option, file=file, folder=file.parent
        )
    if not file.exists() and not os.access(file.parent, os.W_OK):
        raise BadConfig(
            "{option} {file}: the folder {folder} is read-only. Choose another place.",
            option=option,
            file=file,
            folder=file.parent,
        )


def print_json(value: Any) -> None:
    """Print a JSON value over several lines."""
    print(_json(value, 2))


def print_json_line(value: Any) -> None:
    """Print a JSON value on one line and flush, for programs that follow the output."""
    print(_json(value, None), flush=True)


def escape_unprintable() -> None:
    """Make stdout and stderr print what their encoding lacks, such as file names that are no UTF-8, as escapes."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _json(value: Any, indent: int | None) -> str:
    """A JSON text that stdout can encode."""
    text = json.dumps(value, indent=indent, ensure_ascii=False)
    try:
        text.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:
        return json.dumps(value, indent=indent)
    return text


def print_result(value: Any, text: str, *, as_json: bool) -> int:
    """Print a result as JSON for programs, or as text for people; return the exit code of success."""
    if as_json:
        print_json(value)
    else:
        print(text)
    return DONE


def print_table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print columns of text, each as wide as its widest cell."""
    table = [tuple(header), *(tuple(map(str, row)) for row in rows)]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for row in table:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def shown(value: Any) -> str:
    """A setting as text."""
    if isinstance(value, dict):
        return " ".join(f"{key}={shown(inner)}" for key, inner in value.items()) or "empty"
    if isinstance(value, list | tuple):
        return " ".join(map(shown, value)) or "empty"
    return "none" if value is None else str(value) or "empty"


def number(value: float | None, digits: int = 3) -> str:
    """A score or a loss as text; a dash for None and NaN."""
    return "-" if value is None or math.isnan(value) else f"{value:.{digits}f}"


def image_size(size: Sequence[int] | None) -> str:
    """A (height, width) as text, width first; a dash for None."""
    return "-" if size is None else f"{size[1]} × {size[0]}"


def duration(seconds: float) -> str:
    """A duration as text: 40 s, 12 min, 3 h 20 min."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"


@contextmanager
def progress_line(unit: str) -> Iterator[Callable[[int, int | None], None]]:
    """A progress line on stderr if it is a terminal; erased at the end.

    Yields:
        A function of (done, total); total is None if unknown.
    """
    watched = sys.stderr.isatty()

    def show(done: int, total: int | None) -> None:
        if watched:
            share = f" of {total:,} ({done / total:.0%})" if total else ""
            print(f"\r{done:,}{share} {unit}\033[K", end="", file=sys.stderr, flush=True)

    try:
        yield show
    finally:
        if watched:
            print("\r\033[K", end="", file=sys.stderr, flush=True)
