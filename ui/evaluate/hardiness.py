"""What is left of the score on spoilt photos: the robustness card of a checkpoint, measured here as a job."""

import math

import streamlit as st

from segcore.evaluation import ABOUT_LABELS, RobustnessCard, load_robustness
from segcore.formatting import percent, score
from segcore.palette import default_colours
from segcore.types import Colour
from ui import state
from ui.evaluate import question
from ui.text import plain, t
from ui.widgets import job_panel, line_chart
from ui.widgets.tables import Cell, Shade, table
from ui.widgets.tiles import Tile, tiles

_LEFT_OUT = ("limit", "one_to_one")
"""Options of an evaluation that say nothing here: the job has its own number of images."""
_SEVERITIES = 5
_HARM: Colour = (213, 94, 0)
_MEAN: Colour = (118, 118, 118)


def show() -> None:
    """Draw the question, the job, and the card: of this data, or the one that lies beside the checkpoint.

    Raises:
        SegcoreError: the data is not there, or has nothing in common with the checkpoint.
    """
    asked = question.ask()
    if asked is None:
        return
    if asked.subject.reference is None:
        st.info(t("evaluate.robustness.networks"), icon=":material/info:")
        return
    st.caption(t("evaluate.robustness.about"))
    settings = {key: value for key, value in asked.settings.items() if key not in _LEFT_OUT}
    answer = job_panel.panel(
        "robustness", settings, key="evaluate.robustness", label=t("evaluate.robustness.start"), files=asked.files
    )
    if answer is not None:
        card: RobustnessCard | None = RobustnessCard.model_validate(answer)
    else:
        card = load_robustness(asked.subject.reference)
    if card is None:
        st.caption(t("evaluate.robustness.empty"))
        return
    draw(card)


def draw(card: RobustnessCard) -> None:
    """The mean share that is left, every corruption at every severity, and the curves of one corruption."""
    kinds = sorted(dict.fromkeys(cell.corruption for cell in card.cells), key=card.relative_of)
    judged = [kind for kind in kinds if kind not in ABOUT_LABELS and not math.isnan(card.relative_of(kind))]
    facts = [
        Tile(t("evaluate.robustness.left"), percent(card.relative)),
        Tile(t("evaluate.robustness.clean"), score(card.clean_miou)),
    ]
    if judged:
        worst, best = judged[0], judged[-1]
        facts += [
            Tile(t("evaluate.robustness.worst"), title(worst), note=percent(card.relative_of(worst))),
            Tile(t("evaluate.robustness.best"), title(best), note=percent(card.relative_of(best))),
        ]
    tiles(facts)
    st.caption(
        t(
            "evaluate.robustness.on",
            data=plain(card.place), images=card.images, seed=card.seed,
        )
    )  # fmt: skip
    if not kinds:
        return
    left, right = st.columns([7, 5], gap="large")
    with left:
        _grid(card, kinds)
    with right:
        _curves(card, kinds)


def _grid(card: RobustnessCard, kinds: list[str]) -> None:
    """Every corruption a line, the worst first; of the mean or of one class."""
    of = st.selectbox(
        t("evaluate.robustness.of"),
        [-1, *range(len(card.classes))],
        format_func=lambda index: t("metric.miou") if index < 0 else card.classes[index],
        key="evaluate.robustness.of",
    )
    clean = card.clean_miou if of < 0 else card.clean_iou[of]

    def value(kind: str, step: int) -> Cell:
        cell = next((each for each in card.of(kind) if each.severity == step), None)
        if cell is None:
            return ""
        found = cell.miou if of < 0 else cell.iou[of]
        lost = 0.0 if math.isnan(found) or not clean > 0 else 1 - found / clean
        return Shade(lost, score(found, 2), _HARM)

    steps = range(1, _SEVERITIES + 1)
    rows = [[title(kind), *(value(kind, step) for step in steps), percent(card.relative_of(kind))] for kind in kinds]
    head = [t("evaluate.robustness.kind"), *map(str, steps), t("evaluate.robustness.left")]
    table(t("evaluate.robustness.grid"), head, rows, numbers=range(1, len(head)))
    st.caption(t("evaluate.robustness.grid.about", clean=score(clean)))


def _curves(card: RobustnessCard, kinds: list[str]) -> None:
    """One corruption, class by class, from clean to the highest severity."""
    if state.widget("evaluate.robustness.kind") not in kinds:
        state.set_widget("evaluate.robustness.kind", kinds[0])
    kind = st.selectbox(t("evaluate.robustness.kind"), kinds, format_func=title, key="evaluate.robustness.kind")
    cells = card.of(kind)
    colours = [_seen(colour) for colour in default_colours(card.classes)]
    means = [card.clean_miou, *(cell.miou for cell in cells)]
    shown = [line_chart.at_places(t("metric.miou"), means, _MEAN, bold=True)]
    shown += [
        line_chart.at_places(name, [card.clean_iou[index], *(cell.iou[index] for cell in cells)], colours[index])
        for index, name in enumerate(card.classes)
        if not math.isnan(card.clean_iou[index])
    ]
    line_chart.show_places(
        shown,
        [t("evaluate.robustness.clean.short"), *(str(cell.severity) for cell in cells)],
        x=t("evaluate.robustness.severity"),
        y=t("metric.iou"),
        alt=t("evaluate.robustness.alt", kind=title(kind), values=", ".join(score(y) for y in means)),
        key="evaluate.robustness.curves",
        height=420,
    )


def title(kind: str) -> str:
    """What people call a corruption."""
    return t(f"lesson.stress.set.corruption.{kind}")


def _seen(colour: Colour) -> Colour:
    """Nearly black is not seen on dark paper."""
    return colour if max(colour) > 60 else (150, 150, 150)
