"""Models: the checkpoints that are here or can be had, and the architectures that can be trained."""

import streamlit as st

from ui import frame, shelf
from ui.text import t

with frame.page("models"):
    st.subheader(t("models.checkpoints"), anchor=False)
    shelf.checkpoints()
    shelf.add()
    st.subheader(t("models.published"), anchor=False)
    shelf.published()
    st.subheader(t("models.architectures"), anchor=False)
    shelf.architectures()
