"""Data: choose a dataset, look at it, know what is in it and what is wrong with it."""

import streamlit as st

from segcore.jobs.start import fingerprint
from ui import cache, frame, state
from ui.data import arrivals, browse, choose, doctor, facts, preview
from ui.text import t

VIEWS = ("browse", "facts", "doctor", "preview")

with frame.page("data"), frame.sentences(stop=True):
    arrivals.show()
    choice = choose.dataset()
    wished = state.wish("view")
    if wished in VIEWS:
        state.set_widget("data.view", wished)
    elif state.widget("data.view") is None:
        state.set_widget("data.view", VIEWS[0])
    view = st.segmented_control(
        t("data.view"),
        VIEWS,
        required=True,
        format_func=lambda name: t(f"data.view.{name}"),
        key="data.view",
        label_visibility="collapsed",
        persist_state="session",
    )
    state.remember_in_address(view=None if view == VIEWS[0] else view)
    if view == "doctor":
        doctor.show(choice)
    elif view == "facts":
        facts.show(choice)
    else:
        with st.spinner(t("data.opening")):
            dataset = cache.dataset(choice.spec, choice.split)
        if view == "preview":
            preview.show(dataset, f"{choice.spec} {choice.split} {fingerprint(choice.files)}")
        else:
            browse.show(choice, dataset)
