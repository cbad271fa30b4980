"""The score on corrupted images: the robustness card of a checkpoint, measured by a job."""

import math

import streamlit as st

from segcore.evaluation import ABOUT_LABELS, RobustnessCard, load_robustness
from segcore.export import robustness_sections
from segcore.formatting import percent, score
from segcore.jobs import find_job
from ui import state
from ui.evaluate import settings
from ui.evaluate.folded import FoldedForm
from ui.known_names import class_name
from ui.text import plain, t
from ui.widgets import accepted_problems, job_panel, sections
from ui.widgets.tiles import Tile, tiles

_LEFT_OUT = ("limit", "one_to_one")
"""Options of an evaluation that do not apply: the job has its own number of images."""


def show() -> None:
    """Draw the settings, the job, and the card: measured on this data, or the one stored next to the checkpoint.

    Raises:
        SegcoreError: the data is missing, or has no class in common with the checkpoint.
    """
    folded = FoldedForm("evaluate.robustness")
    with folded.form:
        chosen = settings.choose()
    if chosen is None:
        return
    if chosen.subject.reference is None:
        st.info(t("evaluate.robustness.networks"), icon=":material/info:")
        return
    st.caption(t("evaluate.robustness.about"))
    options = {key: value for key, value in chosen.settings.items() if key not in _LEFT_OUT}
    result = job_panel.panel(
        "robustness", options, key="evaluate.robustness", label=t("evaluate.robustness.start"), files=chosen.files
    )
    if result is None:
        job = find_job("robustness", options, files=chosen.files)
        accepted_problems.draw_of_job(job, [chosen.data.spec], key="evaluate.robustness")
    saved = load_robustness(chosen.subject.reference)
    card = saved if result is None else RobustnessCard.model_validate(result)
    if card is None:
        folded.unfold()
        st.caption(t("evaluate.robustness.empty"))
        return
    if result is None:
        folded.unfold()  # the stored card may be of other data
    else:
        folded.fold(chosen.summary)
    draw(card)


def draw(card: RobustnessCard) -> None:
    """The mean relative score, every corruption at every severity, and the curves of one corruption."""
    kinds = robustness_sections.corruptions(card)
    measured = [kind for kind in kinds if kind not in ABOUT_LABELS and not math.isnan(card.relative_of(kind))]
    facts = [
        Tile(t("evaluate.robustness.left"), percent(card.relative)),
        Tile(t("evaluate.robustness.clean"), score(card.clean_miou)),
    ]
    if measured:
        worst, best = measured[0], measured[-1]
        facts += [
            Tile(t("evaluate.robustness.worst"), _title(worst), note=percent(card.relative_of(worst))),
            Tile(t("evaluate.robustness.best"), _title(best), note=percent(card.relative_of(best))),
        ]
    tiles(facts)
    st.caption(t("evaluate.robustness.on", data=plain(card.place), images=card.images, seed=card.seed))
    if not kinds:
        return
    left, right = st.columns([7, 5], gap="large")
    with left:
        _grid(card)
    with right:
        _curves(card, kinds)


def _grid(card: RobustnessCard) -> None:
    """One row per corruption: mean IoU or the IoU of one class."""
    class_id = st.selectbox(
        t("evaluate.robustness.of"),
        [None, *range(len(card.classes))],
        format_func=lambda k: t("metric.miou") if k is None else class_name(card.classes[k]),
        key="evaluate.robustness.of",
    )
    sections.draw([robustness_sections.grid(card, t, class_id)], key="evaluate.robustness.grid")
    clean = card.clean_miou if class_id is None else card.clean_iou[class_id]
    st.caption(t("evaluate.robustness.grid.about", clean=score(clean)))


def _curves(card: RobustnessCard, kinds: list[str]) -> None:
    """All classes under one corruption."""
    state.choose_widget("evaluate.robustness.kind", kinds, kinds[0])
    kind = st.selectbox(t("evaluate.robustness.kind"), kinds, format_func=_title, key="evaluate.robustness.kind")
    sections.draw([robustness_sections.chart(card, kind, t)], key="evaluate.robustness.curves", height=420)


def _title(kind: str) -> str:
    return robustness_sections.title(kind, t)
