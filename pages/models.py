"""Models: checkpoints on this computer, published checkpoints, and architectures that can be trained."""

import streamlit as st

from ui.models import checkpoints
from ui.text import t
from ui.widgets import frame

with frame.page("models"):
    st.subheader(t("models.checkpoints"), anchor=False)
    checkpoints.checkpoints()
    checkpoints.add()
    st.subheader(t("models.published"), anchor=False)
    checkpoints.published()
    st.subheader(t("models.architectures"), anchor=False)
    checkpoints.architectures()
