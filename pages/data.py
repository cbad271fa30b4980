"""Data: browse a dataset, its statistics, its problems, and its augmentation."""

import streamlit as st

from segcore.jobs.start import fingerprint
from ui import cache
from ui.data import arrivals, browse, doctor, facts, preview
from ui.text import t
from ui.widgets import dataset_picker, frame, view_tabs

VIEWS = ("browse", "facts", "doctor", "preview")

with frame.page("data"), frame.sentences(stop=True):
    arrivals.show()
    choice = dataset_picker.dataset()
    view = view_tabs.choose(
        VIEWS, key="data.view", word="view", label=t("data.view"), named=lambda name: t(f"data.view.{name}")
    )
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
