"""Learn: all lessons at a glance, or the lesson or capstone of the address."""

import streamlit as st

from ui import links, state
from ui.learn import capstone, overview
from ui.learn import frame as lesson_frame
from ui.learn.table import LESSONS, neighbours
from ui.text import plain, t
from ui.widgets import frame

name = state.address("lesson")
if name in LESSONS:
    with frame.page("learn", title=t(f"lesson.{name}.title"), lead=t(f"lesson.{name}.idea")):
        capstone.return_bar(str(name))
        lesson_frame.show(LESSONS[str(name)], *neighbours(str(name)))
elif name == links.CAPSTONE:
    with frame.page("learn", title=t("capstone.title"), lead=t("capstone.lead")):
        capstone.show()
else:
    with frame.page("learn"):
        if name is not None:
            st.warning(t("learn.no_such", name=plain(name[:40])))
        overview.show()
