"""The form of an evaluation, folded to a line once there is a result: results come first."""

import streamlit as st

from ui import state
from ui.text import t


class FoldedForm:
    """Draw the form ``with`` it; then `fold` if there is a result, else `unfold`.

    The widgets are always there, and hidden by style.css while the form is folded, so that no choice is lost.
    """

    def __init__(self, key: str) -> None:
        self._key = f"{key}.unfolded"
        self._head = st.container()
        self.form = st.container(key=f"{key}-form")

    def unfold(self) -> None:
        """There is no result: show the form, and fold it as soon as there is one."""
        state.put(self._key, False)

    def fold(self, summary: str) -> None:
        """Show the summary, Markdown, with a button; the form only if the visitor has unfolded it."""
        is_open = bool(state.get(self._key, False))
        with (
            self._head,
            st.container(horizontal=True, vertical_alignment="center", key="form_open" if is_open else "form_folded"),
        ):
            st.markdown(summary, width="content")
            st.button(
                t("evaluate.form.hide") if is_open else t("evaluate.form.change"),
                key=f"{self._key}.toggle",
                icon=":material/expand_less:" if is_open else ":material/edit:",
                on_click=lambda: state.put(self._key, not is_open),
            )
