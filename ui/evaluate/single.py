"""One checkpoint or method on one dataset: the settings, the job, and the views of its report."""

from collections.abc import Callable

import streamlit as st

from segcore.evaluation import EvaluationReport, SavedPredictions, report_of
from segcore.evaluation.predictions import FOLDER
from segcore.export import evaluation_sections
from segcore.export.sections import Part
from segcore.jobs import find_job
from ui import cache
from ui.evaluate import confusion, downloads, estimate, settings, worst
from ui.evaluate.folded import FoldedForm
from ui.evaluate.images import Evaluation
from ui.evaluate.settings import EvaluationSettings
from ui.text import plain, t, t_count, translated
from ui.widgets import accepted_problems, frame, job_panel, score_badge, sections, view_tabs

VIEWS = ("classes", "confusion", "worst", "conventions", "sizes", "calibration")
_SECTIONS: dict[str, Callable[[EvaluationReport], list[Part]]] = {
    "classes": lambda report: evaluation_sections.classes(report, t),
    "conventions": lambda report: evaluation_sections.conventions(report, t, translated),
    "sizes": lambda report: evaluation_sections.sizes(report, t),
    "calibration": lambda report: evaluation_sections.calibration(report, t),
}


def show() -> None:
    """Draw the settings, the job and the chosen view.

    Raises:
        SegcoreError: the data is missing, or has no class in common with the checkpoint.
    """
    folded = FoldedForm("evaluate")
    with folded.form:
        chosen = settings.choose()
    if chosen is None:
        return
    evaluation = start_or_read(chosen, key="evaluate.job")
    if evaluation is None:
        folded.unfold()
        st.caption(estimate.text(chosen))
        score_badge.of_checkpoint(chosen.subject.reference)
        st.caption(t("evaluate.empty"))
        return
    folded.fold(chosen.summary)
    report = evaluation.report
    tiles, *notes = evaluation_sections.result(report, t, translated)
    sections.draw([tiles], key="evaluate.tiles")
    with frame.sentences():
        worst.samples(evaluation)
    with st.container(gap="xxsmall"):
        sections.draw(notes, key="evaluate.result")
        speed = {"rate": f"{report.speed.images_per_second:.1f}", "median": f"{report.speed.median_ms:.0f}"}
        st.caption(t_count("evaluate.speed", report.images, **speed, engine=plain(report.speed.engine)))
        score_badge.of_checkpoint(chosen.subject.reference)
    downloads.show(evaluation, chosen.subject)
    label = t("evaluate.view")
    view = view_tabs.choose(
        VIEWS, key="evaluate.view", word="view", label=label, named=lambda name: t(f"evaluate.view.{name}")
    )
    with frame.sentences():
        match view:
            case "confusion":
                confusion.show(evaluation)
            case "worst":
                worst.show(evaluation)
            case _:
                sections.draw(_SECTIONS[view](report), key=f"evaluate.{view}")


def start_or_read(chosen: EvaluationSettings, *, key: str) -> Evaluation | None:
    """Draw the panel of the job and return its result; None until it has finished.

    Raises:
        SegcoreError: the result is damaged, or the data is missing.
    """
    result = job_panel.panel("evaluate", chosen.settings, key=key, label=t("evaluate.start"), files=chosen.files)
    run = find_job("evaluate", chosen.settings, files=chosen.files)
    if result is None or run is None:
        accepted_problems.draw_of_job(run, [chosen.data.spec], key=key)
        return None
    report = report_of(result, run.name)
    dataset = cache.dataset(chosen.data.spec, chosen.data.split)
    job = f"evaluation {run.path} {report.created}"
    return Evaluation(report, dataset, SavedPredictions(run.path / FOLDER), job, chosen.subject.short_name)
