"""What a short job (`segcore.jobs`) gets beside its settings: how to report progress, whether to stop, its folder."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any


class Cancelled(Exception):
    """The job was cancelled; raised by `JobContext.progress`, handled by the job's worker."""


@dataclass(frozen=True)
class JobContext:
    """The connection of a job to the process that runs it. The defaults run a job's function without one.

    ``folder`` is for files that belong to the job's result; ``emit`` writes an event, as `segcore.runs.Emit`.
    """

    folder: Path
    emit: Callable[..., object] = lambda *_, **__: None
    cancelled: Callable[[], bool] = lambda: False

    def progress(self, done: float, total: float | None, *, doing: str, detail: str = "", steady: bool = True) -> None:
        """Report progress, as often as convenient: the worker writes a few reports a second.

        ``doing`` is a key, of the dashboard's text ``jobs.doing.<key>``; ``detail`` is plain text, such as a count or a
        name. ``total`` is None where unknown. The time left follows from the pace so far, if that is ``steady``.

        Raises:
            Cancelled: the job is to stop.
        """
        more: dict[str, Any] = {"detail": detail} if detail else {}
        if not steady:
            more["left"] = None
        self.emit("progress", done=done, total=total, doing=doing, **more)
        if self.cancelled():
            raise Cancelled

    def reporter(self, doing: str) -> Callable[[int, int], None]:
        """A callback (done, total) for functions that take one; see `progress`."""
        return partial(self.progress, doing=doing)

    def began(self) -> None:
        """Measure the pace from this moment, where preparation should not count."""
        self.emit("began")
