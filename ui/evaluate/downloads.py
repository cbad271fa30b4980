"""The report as files: JSON for programs, HTML for people, in the reader's language."""

import tempfile
from pathlib import Path

import streamlit as st

from segcore.evaluation import EvaluationReport
from ui.evaluate.images import Evaluation
from ui.evaluate.subject import Subject
from ui.text import spoken, t


def show(evaluation: Evaluation, subject: Subject) -> None:
    """Draw both buttons; a file is written when its button is pressed."""
    report, language = evaluation.report, spoken()
    name = f"{evaluation.short_name}-{report.data}" + (f"-{report.split}" if report.split else "")
    stem = "".join(each if each.isalnum() or each in "-_." else "-" for each in name)

    with st.container(horizontal=True):
        st.download_button(
            t("evaluate.download.html"),
            lambda: page_bytes(evaluation, subject, language),
            f"{stem}.html",
            "text/html",
            icon=":material/download:",
            help=t("evaluate.download.html.help"),
            key="evaluate.download.html",
            on_click="ignore",
        )
        st.download_button(
            t("evaluate.download.json"),
            lambda: json_bytes(report),
            f"{stem}.json",
            "application/json",
            icon=":material/data_object:",
            key="evaluate.download.json",
            on_click="ignore",
        )


def json_bytes(report: EvaluationReport) -> bytes:
    """The file that ``evaluate --json FILE`` writes."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "report.json"
        report.save(path)
        return path.read_bytes()


def page_bytes(evaluation: Evaluation, subject: Subject, language: str) -> bytes:
    """The file that ``evaluate --report FILE --lang LANGUAGE`` writes."""
    from segcore.export.evaluation_report import Evaluated, evaluation_html  # noqa: PLC0415 - imports the templates

    evaluated = Evaluated.of(evaluation.report, evaluation.dataset, evaluation.predictions, subject.reference)
    return evaluation_html(evaluated, language=language)
