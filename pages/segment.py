"""Segment: left the choices in the order of the work; right the photo with its mask; below the classes found."""

import streamlit as st

from ui.segment import downloads, found_classes, gallery, ground_truth, request, result
from ui.text import t
from ui.widgets import frame, pickers

with frame.page("segment"):
    with st.container(key="work"):
        rail, stage = st.columns([3, 8], gap="large")
    with rail:
        image = gallery.photo()
        chosen = request.request()
    with stage, frame.sentences(stop=True):
        if not pickers.fetched(chosen.model):
            st.stop()
        prediction = result.show(image, chosen)
    left, right = st.columns([7, 5], gap="large")
    with left:
        st.subheader(t("segment.classes"), anchor=False)
        found_classes.show(prediction, chosen.model)
        with st.expander(t("segment.truth"), icon=":material/fact_check:"), frame.sentences():
            ground_truth.choose(image, prediction)
    with right:
        st.subheader(t("segment.downloads"), anchor=False)
        downloads.one(image, prediction)
        downloads.all_photos(chosen)
