"""The robustness card of a lesson's network: all corruptions at all severities, stored or measured as a short job."""

import math

import streamlit as st

from segcore.evaluation import RobustnessCard, load_robustness
from segcore.explain.scene import SPLIT, Scene
from segcore.export.sections import Share
from ui.learn.colours import NEGATIVE
from ui.learn.lesson import lesson_texts
from ui.widgets import job_panel
from ui.widgets.tables import Cell, table

SHAPES = "shapes:24:96"  # more images than the lesson shows: a table need not follow a slider

text = lesson_texts("stress")


def show(world: Scene) -> None:
    """Draw the card, collapsed; without one, a button or a command that measures it."""
    reference = world.reference
    with st.expander(text("card"), key="learn.stress.card", icon=":material/health_and_safety:"):
        card = load_robustness(reference)
        if card is None and world.is_truth:
            settings = {"checkpoint": str(reference.path), "data": SHAPES, "split": SPLIT}
            start = text("card.start")
            job_panel.panel("robustness", settings, key="learn.stress.job", label=start, files=[reference.path])
            card = load_robustness(reference)
        if card is not None:
            draw(card)
        elif not world.is_truth:
            st.markdown(text("card.none"))
            st.code(f"python -m segcore robustness {reference.name} --data FOLDER", language="bash")


def draw(card: RobustnessCard) -> None:
    """Draw the mean relative score under each corruption, the worst first."""
    kinds = sorted({cell.corruption for cell in card.cells}, key=card.relative_of)
    st.caption(text("card.about", images=card.images, clean=f"{card.clean_miou:.3f}"))
    rows: list[list[Cell]] = [
        [text(f"set.corruption.{kind}"), Share(f"{share:.2f}", min(max(share, 0.0), 1.0), NEGATIVE)]
        for kind in kinds
        if not math.isnan(share := card.relative_of(kind))
    ]
    table(text("card"), [text("way"), text("left")], rows)
