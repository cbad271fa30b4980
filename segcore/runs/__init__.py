"""Run folders and the processes that fill them; standard library only, so the Runs page opens at once.

A run folder (``store``) is the only link between a training process and its observers.
"""

from segcore.runs.comparison import MOST_COMPARED as MOST_COMPARED
from segcore.runs.comparison import Compared as Compared
from segcore.runs.comparison import compared as compared
from segcore.runs.comparison import differences as differences
from segcore.runs.comparison import obstacles as obstacles
from segcore.runs.facts import Summary as Summary
from segcore.runs.facts import summary as summary
from segcore.runs.folders import list_runs as list_runs
from segcore.runs.folders import new_run as new_run
from segcore.runs.folders import open_run as open_run
from segcore.runs.folders import run_at as run_at
from segcore.runs.index import Entry as Entry
from segcore.runs.index import Index as Index
from segcore.runs.index import Snapshot as Snapshot
from segcore.runs.index import run_index as run_index
from segcore.runs.launcher import extend as extend
from segcore.runs.launcher import resume as resume
from segcore.runs.launcher import start as start
from segcore.runs.listing import ARCHIVED as ARCHIVED
from segcore.runs.listing import SORTS as SORTS
from segcore.runs.listing import Wanted as Wanted
from segcore.runs.listing import listed as listed
from segcore.runs.log import SEARCHED_BYTES as SEARCHED_BYTES
from segcore.runs.log import LogLine as LogLine
from segcore.runs.log import log_size as log_size
from segcore.runs.log import log_tail as log_tail
from segcore.runs.log import search_log as search_log
from segcore.runs.notes import Notes as Notes
from segcore.runs.notes import change_notes as change_notes
from segcore.runs.notes import read_notes as read_notes
from segcore.runs.queue import devices as devices
from segcore.runs.queue import limit as limit
from segcore.runs.queue import move as move
from segcore.runs.queue import set_limit as set_limit
from segcore.runs.queue import using as using
from segcore.runs.queue import waiting as waiting
from segcore.runs.states import ENDED_STATES as ENDED_STATES
from segcore.runs.states import FINAL_STATES as FINAL_STATES
from segcore.runs.states import REQUESTS as REQUESTS
from segcore.runs.states import STATES as STATES
from segcore.runs.states import Request as Request
from segcore.runs.store import Run as Run
from segcore.runs.thinning import MOST_POINTS as MOST_POINTS
from segcore.runs.thinning import Point as Point
from segcore.runs.thinning import thinned as thinned
from segcore.runs.timeline import Emit as Emit
from segcore.runs.timeline import Event as Event
from segcore.runs.timeline import without_undone as without_undone
