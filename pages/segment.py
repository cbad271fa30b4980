"""Segment: left the choices in the order of the work; right the photo with its mask; below the classes found."""

import streamlit as st

from ui.segment import downloads, found_classes, gallery, ground_truth, request, result, uses
from ui.text import t
from ui.widgets import frame, photos, pickers

with frame.page("segment"):
    uses.draw()
    with st.container(key="work"):
        rail, stage = st.columns([3, 8], gap="large")
    with rail:
        with st.container(key="segment_upload"):
            image = gallery.upload()
        with st.container(key="segment_choices"):
            chosen = request.request(image)
            image = photos.for_network(image, pickers.card_of(chosen.model))
            gallery.samples()
    with stage, frame.sentences(stop=True):
        gallery.own()
        gallery.heading(image)
        if not pickers.fetched(chosen.model):
            st.stop()
        shown = result.show(image, chosen)
        if shown is None:
            st.stop()
    prediction, of_shown = shown
    left, right = st.columns([7, 5], gap="large")
    with left:
        st.subheader(t("segment.classes"), anchor=False)
        found_classes.show(prediction, of_shown.model)
        with st.expander(t("segment.truth"), icon=":material/fact_check:"), frame.sentences():
            ground_truth.choose(image, prediction)
    with right:
        st.subheader(t("segment.downloads"), anchor=False)
        downloads.one(image, prediction, of_shown)
        downloads.all_photos(of_shown)
    request.draw_measured_times(chosen.model)
