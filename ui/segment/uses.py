"""One line under the title of the first page: what this program is for."""

import streamlit as st

from ui import links
from ui.text import t


def draw() -> None:
    """Draw the three uses; this page is the first, the others are links."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="segment_uses"):
        st.markdown(t("segment.uses.here"))
        links.lessons().draw(t("segment.uses.learn"), icon=":material/school:")
        links.train().draw(t("segment.uses.train"), icon=":material/model_training:")
