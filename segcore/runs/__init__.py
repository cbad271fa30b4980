"""Run folders and the processes that fill them; standard library only, so the Runs page opens at once.

A run folder (``store``) is the only link between a training process and its observers.
"""

from segcore.runs.comparison import MOST_COMPARED, Compared, compared, differences, obstacles
from segcore.runs.facts import Summary, summary
from segcore.runs.folders import list_runs, new_run, open_run, run_at
from segcore.runs.index import Entry, Index, Snapshot, run_index
from segcore.runs.launcher import extend, resume, start
from segcore.runs.listing import ARCHIVED, SORTS, Wanted, listed
from segcore.runs.log import SEARCHED_BYTES, LogLine, log_size, log_tail, search_log
from segcore.runs.notes import Notes, change_notes, read_notes
from segcore.runs.queue import devices, limit, move, set_limit, using, waiting
from segcore.runs.states import ENDED_STATES, FINAL_STATES, REQUESTS, STATES, Request
from segcore.runs.store import Run
from segcore.runs.thinning import MOST_POINTS, Point, thinned
from segcore.runs.timeline import Emit, Event, without_undone

__all__ = [
    "ARCHIVED",
    "ENDED_STATES",
    "FINAL_STATES",
    "MOST_COMPARED",
    "MOST_POINTS",
    "REQUESTS",
    "SEARCHED_BYTES",
    "SORTS",
    "STATES",
    "Compared",
    "Emit",
    "Entry",
    "Event",
    "Index",
    "LogLine",
    "Notes",
    "Point",
    "Request",
    "Run",
    "Snapshot",
    "Summary",
    "Wanted",
    "change_notes",
    "compared",
    "devices",
    "differences",
    "extend",
    "limit",
    "list_runs",
    "listed",
    "log_size",
    "log_tail",
    "move",
    "new_run",
    "obstacles",
    "open_run",
    "read_notes",
    "resume",
    "run_at",
    "run_index",
    "search_log",
    "set_limit",
    "start",
    "summary",
    "thinned",
    "using",
    "waiting",
    "without_undone",
]
