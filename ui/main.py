"""The script behind every page: the list of pages. Each page draws its own frame."""

from pathlib import Path

import streamlit as st

from segcore import __version__
from ui import state
from ui.links import PAGES
from ui.text import speak, t

STATIC = Path(__file__).resolve().parent.parent / "static"

speak(state.language())
st.set_page_config(
    page_icon=STATIC / "icon.png",
    layout="wide",
    initial_sidebar_state="auto",
    menu_items={"About": t("app.about", version=__version__)},
)
st.logo(STATIC / "logo.svg", size="large")
st.navigation(
    [
        st.Page(PAGES / "segment.py", title=t("segment.nav"), url_path="segment", default=True),
        st.Page(PAGES / "learn.py", title=t("learn.nav"), url_path="learn"),
        st.Page(PAGES / "train.py", title=t("train.nav"), url_path="train"),
        st.Page(PAGES / "runs.py", title=t("runs.nav"), url_path="runs"),
        st.Page(PAGES / "data.py", title=t("data.nav"), url_path="data"),
        st.Page(PAGES / "evaluate.py", title=t("evaluate.nav"), url_path="evaluate"),
        st.Page(PAGES / "models.py", title=t("models.nav"), url_path="models"),
        st.Page(PAGES / "glossary.py", title=t("glossary.nav"), url_path="glossary", visibility="hidden"),
    ],
    position="top",
).run()
