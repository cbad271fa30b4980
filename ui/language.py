"""The language of the page: the switch at the top of every page, and the ``lang`` attribute of the document."""

import streamlit as st

from ui import state
from ui.text import spoken, t

NAMES = {"en": "English", "zh": "中文"}
"""Languages of locale/ by their own names, which are the same in all languages."""

_document = st.components.v2.component(
    "segcore_document",
    html="<!-- invisible -->",
    js="""
    // Screen readers choose a voice by this, and browsers the shapes of Chinese characters.
    export default ({ data }) => {
      document.documentElement.lang = data.language;
    }
    """,
    isolate_styles=False,
)
_KEY = "frame.language"


def switch() -> None:
    """Draw the switch. The choice is in the address, so that a copied link has the same language."""
    with st.container(key="language", height=1, border=False):  # style.css moves it to the head of the window
        state.set_widget(_KEY, spoken())
        st.segmented_control(
            t("frame.language"),
            list(NAMES),
            required=True,
            format_func=NAMES.__getitem__,
            key=_KEY,
            on_change=lambda: state.choose_language(state.widget(_KEY)),
            label_visibility="collapsed",
        )
        _document(data={"language": spoken()}, key="frame.document")
