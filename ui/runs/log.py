"""The end of a run's log."""

import os

from segcore.runs import Run

_TAIL_BYTES = 64_000


def log_tail(run: Run, lines: int = 40) -> str:
    """The last lines that the process of the run printed; empty before the first. Reads only the end of the file."""
    try:
        with run.log_path.open("rb") as file:
            length = file.seek(0, os.SEEK_END)
            file.seek(max(0, length - _TAIL_BYTES))
            text = file.read().decode("utf-8", errors="replace")
    except FileNotFoundError:
        return ""
    return "\n".join(text.splitlines()[-lines:])
