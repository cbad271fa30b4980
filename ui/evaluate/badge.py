"""The robustness of a checkpoint in one line, wherever the checkpoint is shown."""

import math

import streamlit as st

from segcore.checkpoint import CheckpointRef
from segcore.evaluation import load_robustness
from ui.evaluate.numbers import percent
from ui.evaluate.subject import Subject
from ui.text import plain, t


def words(reference: CheckpointRef) -> str | None:
    """What is left of its score on spoilt photos, on what that was measured; None where nobody has measured it."""
    card = load_robustness(reference)
    if card is None or math.isnan(card.relative):
        return None
    data = f"{card.data_title}, {card.split}" if card.split else card.data_title
    return t("evaluate.badge", left=percent(card.relative), images=card.images, data=data)


def of_subject(subject: Subject) -> None:
    """Draw the line."""
    if subject.reference is not None:
        said = words(subject.reference)
        st.caption(f":material/health_and_safety: {t('evaluate.badge.none') if said is None else plain(said)}")
