"""The tables of results.md: their rows, the line about the machine above them, and the times in them."""

import os
import platform
import time
from collections.abc import Callable


def seconds(call: Callable[[], object]) -> float:
    """Wall-clock time of one call."""
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def machine() -> str:
    """The processor and its load, on which times depend."""
    return f"{platform.processor() or platform.machine()}, load {os.getloadavg()[0]:.1f}"


def print_head(first: str, *others: str) -> None:
    """The head of a Markdown table; all columns but the first are right-aligned."""
    print_row(first, *others)
    print_row("---", *("---:" for _ in others))


def print_row(*cells: object) -> None:
    """One row of a Markdown table."""
    print("| " + " | ".join(map(str, cells)) + " |", flush=True)
