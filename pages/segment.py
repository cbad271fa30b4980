"""Segment: left what to choose, in the order of the work; right the photo with its mask; below what was found."""

import streamlit as st

from ui import cache
from ui.components import viewer
from ui.segment import downloads, method, results, truth, why
from ui.text import t
from ui.widgets import frame, photos, pickers
from ui.widgets.viewer_images import pictures

with frame.page("segment"):
    with st.container(key="work"):
        rail, stage = st.columns([3, 8], gap="large")
    with rail:
        image = photos.photo()
        task = pickers.task()
    with stage, frame.sentences(stop=True):
        if not pickers.fetched(task.model):
            st.stop()
        view, line = st.container(), st.empty()
        with results.waiting(view, line):
            prediction = cache.segment(image, task)
        known = truth.fitting(image, prediction)
        shown = pictures(image, prediction, cache.key_of(image, task), known)
        with view:
            clicked = viewer.show(
                image_url=shown.image,
                maps_url=shown.maps,
                uncertainty_url=shown.uncertainty,
                truth_url=shown.truth,
                width=shown.width,
                height=shown.height,
                classes=prediction.classes,
                colours=prediction.colours,
                title=pickers.title_of(task.model),
                key="segment.viewer",
                ask_pixel=True,
            )
        with line:
            results.facts(prediction)
        method.begin_at(image, task, clicked)
        why.show(image, task.model, clicked)
    left, right = st.columns([7, 5], gap="large")
    with left:
        st.subheader(t("segment.classes"), anchor=False)
        results.class_table(prediction, task.model)
        with st.expander(t("segment.truth"), icon=":material/fact_check:"), frame.sentences():
            truth.choose(image, prediction)
    with right:
        st.subheader(t("segment.downloads"), anchor=False)
        downloads.one(image, prediction)
        downloads.all_photos(task)
