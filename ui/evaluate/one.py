"""One subject judged: the question, the job, and its answer from every side."""

import streamlit as st

from segcore.evaluation import SavedPredictions, report_of
from segcore.evaluation.predictions import FOLDER
from segcore.jobs import find_job
from ui import cache
from ui.evaluate import calibration, classes, confusion, conventions, downloads, headline, question, sizes, worst
from ui.evaluate.look import Answered
from ui.evaluate.question import Question
from ui.text import t
from ui.widgets import frame, job_panel, score_badge, view_tabs

VIEWS = ("classes", "confusion", "worst", "conventions", "sizes", "calibration")


def show() -> None:
    """Draw it.

    Raises:
        SegcoreError: the data is not there, or has nothing in common with the checkpoint.
    """
    asked = question.ask()
    if asked is None:
        return
    score_badge.of_checkpoint(asked.subject.reference)
    answer = job_panel.panel(
        "evaluate", asked.settings, key="evaluate.job", label=t("evaluate.start"), files=asked.files
    )  # fmt: skip
    found = None if answer is None else answered(asked, answer)
    if found is None:
        st.caption(t("evaluate.empty"))
        return
    headline.show(found.report)
    downloads.show(found, asked.subject)
    view = view_tabs.choose(
        VIEWS,
        key="evaluate.view",
        word="view",
        label=t("evaluate.view"),
        named=lambda name: t(f"evaluate.view.{name}"),
    )
    with frame.sentences():
        match view:
            case "confusion":
                confusion.show(found)
            case "worst":
                worst.show(found)
            case "conventions":
                conventions.show(found.report)
            case "sizes":
                sizes.show(found.report)
            case "calibration":
                calibration.show(found.report)
            case _:
                classes.show(found.report)


def answered(asked: Question, answer: dict[str, object]) -> Answered | None:
    """The answer of the job of a question with what belongs to it; None where the job was deleted just now.

    Raises:
        SegcoreError: the answer is damaged, or the data is gone.
    """
    run = find_job("evaluate", asked.settings, files=asked.files)
    if run is None:
        return None
    report = report_of(answer, run.name)
    dataset = cache.dataset(asked.data.spec, asked.data.split)
    job = f"evaluation {run.path} {report.created}"
    return Answered(report, dataset, SavedPredictions(run.path / FOLDER), job, asked.subject.called)
