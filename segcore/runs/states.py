"""The states of a run, and the requests that can be sent to it."""

from typing import Literal, get_args

FINAL_STATES = ("paused", "stopped", "finished", "failed")
"""The last ``state`` event of a process is one of these."""
ENDED_STATES = (*FINAL_STATES, "lost")
"""No process works on the run; it can be resumed, extended or deleted."""
STATES = ("queued", "starting", "running", "stalled", "stopping", *FINAL_STATES, "lost")

Request = Literal["stop", "stop_after_epoch", "pause"]
"""End within a few steps, end after the validation of this epoch, or end within a few steps for now. All save
everything needed to resume."""
REQUESTS: tuple[Request, ...] = get_args(Request)
