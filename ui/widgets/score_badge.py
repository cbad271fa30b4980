"""The robustness of a checkpoint in one line."""

import math

import streamlit as st

from segcore.checkpoint import CheckpointRef
from segcore.evaluation import load_robustness
from segcore.formatting import percent
from ui.text import plain, t


def share(reference: CheckpointRef) -> str | None:
    """The share of its mIoU that a checkpoint keeps on corrupted images, as a phrase; None if it was not measured."""
    card = load_robustness(reference)
    if card is None or math.isnan(card.relative):
        return None
    return t("evaluate.badge", left=percent(card.relative), images=card.images, data=card.place)


def of_checkpoint(reference: CheckpointRef | None) -> None:
    """Draw the line; nothing without a checkpoint."""
    if reference is None:
        return
    robustness = share(reference)
    line = t("evaluate.badge.none") if robustness is None else t("evaluate.badge.line", robustness=plain(robustness))
    st.caption(f":material/health_and_safety: {line}")
