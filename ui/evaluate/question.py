"""Which checkpoint is judged on which data: the settings of the jobs of this page."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import streamlit as st

from segcore.checkpoint import CheckpointRef
from ui import pickers, state
from ui.data import choose
from ui.data.choose import Choice
from ui.text import t

MODEL = "evaluate.model"
LIMIT = "evaluate.limit"
LIMITS = (0, 200, 50)
"""Images at most, spread over the split; 0 takes all of them."""


@dataclass(frozen=True)
class Question:
    """What is asked.

    Attributes:
        reference: the checkpoint.
        data: the dataset and its split.
        limit: images at most; None takes all.
    """

    reference: CheckpointRef
    data: Choice
    limit: int | None

    @property
    def settings(self) -> dict[str, Any]:
        """For the job "evaluate"."""
        asked = {"checkpoint": str(self.reference.path), "data": self.data.spec, "split": self.data.split}
        return asked if self.limit is None else asked | {"limit": self.limit}

    @property
    def files(self) -> list[Path]:
        """What the answer depends on."""
        return [self.reference.path, *self.data.files]


def ask() -> Question | None:
    """Draw the choices; None where there is no checkpoint yet, which is said.

    Raises:
        SegcoreError: there is no such dataset.
    """
    here = {name: choice for name, choice in pickers.model_choices().items() if choice.ref is not None}
    if not here:
        st.info(t("evaluate.no_checkpoint"), icon=":material/info:")
        return None
    wished = state.wish("model")
    if wished in here:
        state.set_widget(MODEL, wished)
    elif state.widget(MODEL) not in here:
        state.set_widget(MODEL, "shapes" if "shapes" in here else next(iter(here)))
    if state.widget("data.split") is None:  # what was trained on flatters; "val" is asked for where there is one
        state.set_widget("data.split", "val")
    name = st.selectbox(
        t("evaluate.model"),
        list(here),
        format_func=lambda name: pickers.title_of(here[name]),
        key=MODEL,
        persist_state="session",
    )
    state.remember_in_address(model=name)
    pickers.left_out()
    data = choose.dataset()
    if data.split == "train":
        st.caption(t("evaluate.trained"))
    limit = st.segmented_control(
        t("evaluate.limit"),
        LIMITS,
        default=LIMITS[0],
        required=True,
        format_func=lambda count: t("evaluate.limit.some", count=count) if count else t("evaluate.limit.all"),
        key=LIMIT,
        help=t("evaluate.limit.help"),
    )
    reference = here[name].ref
    assert reference is not None, "only choices with a file are offered"
    return Question(reference, data, limit or None)
