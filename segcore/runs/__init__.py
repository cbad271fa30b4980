"""The run folder and the process that fills it; standard library only, so the Runs page opens at once.

    store       Run: one folder with spec.json, events.jsonl, requests, and the state that follows from them
    folders     all of them: new_run, open_run, list_runs
    journal     a file of events, one JSON object a line
    timeline    which events still count after a run went on from an earlier point
    queue       turns on a device; move, waiting, using, limit
    facts       one run in a few facts
    notes       what people say about a run: a note, tags, a star, put away
    index       the facts and notes of all runs, read again only where files have changed
    listing     which of them a list shows, in what order
    comparison  several runs side by side: what differs in their settings and in their best epochs
    lock        a file lock that the kernel frees however a process dies
    log         log_tail, search_log: the end of what its process printed
    thinning    thinned: a long line as a short one that looks the same
    launcher    start, resume, extend: the worker as a detached process that is born holding the lock

A run folder is the only link between a training process and whoever watches it.
"""

from segcore.runs.comparison import MOST_COMPARED, Compared, compared, differences, obstacles
from segcore.runs.facts import Summary, summary
from segcore.runs.folders import list_runs, new_run, open_run, run_at
from segcore.runs.index import Entry, Index, Look, run_index
from segcore.runs.launcher import extend, resume, start
from segcore.runs.listing import ARCHIVED, SORTS, Wanted, listed
from segcore.runs.log import SEARCHED_BYTES, Found, LogLine, log_size, log_tail, search_log
from segcore.runs.notes import Notes, change_notes, read_notes
from segcore.runs.queue import devices, limit, move, set_limit, using, waiting
from segcore.runs.store import (
    ENDED_STATES,
    FINAL_STATES,
    REQUESTS,
    STATES,
    Request,
    Run,
)
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
    "Found",
    "Index",
    "LogLine",
    "Look",
    "Notes",
    "Point",
    "Request",
    "Run",
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
