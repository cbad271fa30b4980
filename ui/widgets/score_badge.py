"""The robustness of a checkpoint in one line, wherever the checkpoint is shown."""

import math

import streamlit as st

from segcore.checkpoint import CheckpointRef
from segcore.evaluation import load_robustness
from ui.evaluate.subject import Subject
from ui.text import plain, t
from ui.widgets.numbers import percent


def share(reference: CheckpointRef) -> str | None:
    """What is left of its score on spoilt photos, and on what that was measured; None where nobody has measured it."""
    card = load_robustness(reference)
    if card is None or math.isnan(card.relative):
        return None
    return t("evaluate.badge", left=percent(card.relative), images=card.images, data=card.place)


def of_subject(subject: Subject) -> None:
    """Draw the line on the Evaluate page."""
    if subject.reference is None:
        return
    known = share(subject.reference)
    said = t("evaluate.badge.none") if known is None else t("evaluate.badge.line", said=plain(known))
    st.caption(f":material/health_and_safety: {said}")
