"""Runs: all trainings of this computer; or one of them, live, that the address names."""

from segcore.runs import open_run
from ui import frame, state
from ui.runs import detail, overview

name = state.address("run")
with frame.page("runs", names_tab=name is None):
    if name is None:
        overview.show()
    else:
        with frame.sentences(stop=True):
            run = open_run(name)
        detail.show(run)
