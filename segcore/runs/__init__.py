"""Run folders and the processes that fill them; no torch and no numpy, so the Runs page opens at once.

A run folder (``store``) is the only link between a training process and its observers.
"""

from segcore.runs.comparison import MOST_COMPARED, Compared, compared, differences, obstacles
from segcore.runs.control import dump_run, kill_run, stall_of, wake_run
from segcore.runs.facts import Summary, summary
from segcore.runs.folders import list_runs, new_run, open_run, run_at
from segcore.runs.home import check_home
from segcore.runs.index import Entry, Index, Snapshot, run_index
from segcore.runs.launcher import extend, resume, start
from segcore.runs.leftovers import sweep_home
from segcore.runs.listing import ARCHIVED, SORTS, Wanted, listed
from segcore.runs.log import SEARCHED_BYTES, LogLine, log_size, log_tail, search_log
from segcore.runs.names import ADDRESS, address, readable, typed_name
from segcore.runs.notes import Notes, change_notes, read_notes, shown_name
from segcore.runs.queue import devices, limit, move, set_limit, using, waiting
from segcore.runs.stall import Stall
from segcore.runs.states import ENDED_STATES, FINAL_STATES, REQUESTS, STATES, Request
from segcore.runs.store import Run
from segcore.runs.thinning import MOST_POINTS, Point, thinned
from segcore.runs.timeline import Emit, Event, without_undone
