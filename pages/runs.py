"""Runs: all trainings of this computer; or one of them, live; or several side by side, as the address requests."""

from segcore.runs import open_run
from ui import state
from ui.runs import compare, detail, overview
from ui.widgets import frame

name, compared = state.address("run"), state.address("compare")
with frame.page("runs", names_tab=name is None or compared is not None):
    if compared is not None:
        compare.show(compared)
    elif name is None:
        overview.show()
    else:
        with frame.sentences(stop=True):
            run = open_run(name)
        detail.show(run)
