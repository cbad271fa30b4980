"""Data: browse a dataset, its statistics, its problems, and its augmentation."""

import streamlit as st

from segcore.jobs.start import fingerprint
from ui import cache, links
from ui.data import browse, doctor, facts, preview
from ui.text import t
from ui.widgets import dataset_picker, frame, view_tabs

VIEWS = ("browse", "facts", "doctor", "preview")

with frame.page("data"), frame.sentences(stop=True):
    choice = dataset_picker.dataset()
    with st.container(horizontal=True, key="data_uses"):
        links.train_on(choice.spec).draw(t("data.train"), icon=":material/play_arrow:")
        links.evaluate_on(choice.spec).draw(t("data.evaluate"), icon=":material/fact_check:")
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
