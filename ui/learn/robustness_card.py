"""The robustness card of a lesson's network: all corruptions at all severities, measured before or as a short job."""

import math

import streamlit as st

from segcore.evaluation import RobustnessCard, load_robustness
from ui.learn.colours import NEGATIVE
from ui.learn.scenes import DRAWN_SPLIT, Scene
from ui.text import t
from ui.widgets import job_panel
from ui.widgets.tables import Bar, table

DRAWN = "shapes:24:96"
"""More pictures than the lesson shows: a table of numbers needs no seconds-long patience of a drag."""


def show(world: Scene) -> None:
    """Draw it, folded away; where nothing was measured, what to do."""
    reference = world.reference
    with st.expander(t("lesson.stress.card"), key="learn.stress.card", icon=":material/health_and_safety:"):
        card = load_robustness(reference)
        if card is None and world.is_truth:
            settings = {"checkpoint": str(reference.path), "data": DRAWN, "split": DRAWN_SPLIT}
            label = t("lesson.stress.card.start")
            job_panel.panel("robustness", settings, key="learn.stress.job", label=label, files=[reference.path])
            card = load_robustness(reference)
        if card is not None:
            draw(card)
        elif not world.is_truth:
            st.markdown(t("lesson.stress.card.none"))
            st.code(f"python -m segcore robustness {reference.name} --data FOLDER", language="bash")


def draw(card: RobustnessCard) -> None:
    """The mean share that is left under each corruption, the worst first."""
    kinds = sorted({cell.corruption for cell in card.cells}, key=card.relative_of)
    st.caption(t("lesson.stress.card.about", images=card.images, clean=f"{card.clean_miou:.3f}"))
    table(
        t("lesson.stress.card"),
        [t("lesson.stress.way"), t("lesson.stress.left")],
        [
            [t(f"lesson.stress.set.corruption.{kind}"), Bar(min(max(share, 0.0), 1.0), f"{share:.2f}", NEGATIVE)]
            for kind in kinds
            if not math.isnan(share := card.relative_of(kind))
        ],
    )
