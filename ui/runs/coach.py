"""The advice of the coach on the page of a run."""

from functools import lru_cache
from pathlib import Path

import streamlit as st

from segcore.advice import Advice
from segcore.coach import advise, read_curves
from segcore.runs import Run, Summary, run_at, summary
from ui.text import t
from ui.widgets import advice_card, frame

_EVERY_SECONDS = 20.0
_EPOCH_SECONDS = 20
"""Advice reads all events, so it is computed at most this often, however short the epochs are."""
_STEP_SECONDS = 60
"""The same before the first validation, when there are only steps."""


def show(run: Run, facts: Summary) -> None:
    """Draw the advice, and redraw it while the run is active."""
    st.subheader(t("coach.title"), anchor=False)
    frame.fragment(_cards, run_every=_EVERY_SECONDS if facts.is_active else None)(run)


@frame.sentences()
def _cards(run: Run) -> None:
    facts = summary(run)
    epochs, found = _advice(str(run.path), _stamp(run), facts.state)
    for advice in found:
        advice_card.draw(advice, key=f"coach.{advice.name}", run=run)
    if not found:
        st.caption(t("coach.quiet") if epochs >= 3 else t("coach.early"))
    elif facts.is_active and epochs:
        st.caption(t("coach.as_of", epoch=epochs))


def _stamp(run: Run) -> float:
    """A number that changes when there may be new advice."""
    validation = run.last("val")
    if validation is not None:
        return float(validation["time"]) // _EPOCH_SECONDS
    return float((run.last("step") or {}).get("time", 0.0)) // _STEP_SECONDS


@lru_cache(maxsize=64)
def _advice(path: str, _stamp: float, _state: str) -> tuple[int, list[Advice]]:
    """The number of validated epochs and the advice about them, computed at most so often and shared by all tabs."""
    curves = read_curves(run_at(Path(path)))
    return (curves.epochs[-1].number if curves.epochs else 0), advise(curves)
