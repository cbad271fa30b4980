"""What is left of the score on spoilt photos: the robustness card of the checkpoint, measured here as a job."""

import streamlit as st

from segcore.evaluation import RobustnessCard, load_robustness
from ui import jobs
from ui.evaluate.question import Question
from ui.learn import robustness_card
from ui.text import plain, t


def show(question: Question) -> None:
    """Draw the job and the card: of this data, or the one that lies beside the checkpoint."""
    st.caption(t("evaluate.robustness.about"))
    settings = {key: value for key, value in question.settings.items() if key != "limit"}
    answer = jobs.panel(
        "robustness", settings, key="evaluate.robustness", label=t("evaluate.robustness.start"), files=question.files
    )
    card = load_robustness(question.reference) if answer is None else RobustnessCard.model_validate(answer)
    if card is not None:
        st.markdown(t("evaluate.robustness.on", data=plain(card.data), split=plain(card.split or "—")))
        robustness_card.draw(card)
