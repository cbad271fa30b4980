"""The report to take away: as JSON for programs, as one HTML page for people, in the reader's language."""

import tempfile
from pathlib import Path

import streamlit as st

from segcore.evaluation import Report, load_robustness
from ui.evaluate.images import Evaluation
from ui.evaluate.subject import Subject
from ui.text import spoken, t


def show(found: Evaluation, subject: Subject) -> None:
    """Draw two buttons; a file is written when its button is pressed."""
    report, language = found.report, spoken()
    name = f"{found.short_name}-{report.data}" + (f"-{report.split}" if report.split else "")
    stem = "".join(each if each.isalnum() or each in "-_." else "-" for each in name)

    with st.container(horizontal=True):
        st.download_button(
            t("evaluate.download.html"),
            lambda: page_bytes(found, subject, language),
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


def json_bytes(report: Report) -> bytes:
    """What ``evaluate --json FILE`` writes."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "report.json"
        report.save(path)
        return path.read_bytes()


def page_bytes(found: Evaluation, subject: Subject, language: str) -> bytes:
    """What ``evaluate --report FILE --lang LANGUAGE`` writes."""
    from segcore.export import Evaluated, evaluation_html, run_of  # noqa: PLC0415 - only when somebody asks for it

    reference, card = subject.reference, subject.card
    told = Evaluated(found.report, card, found.dataset, found.kept)
    if reference is not None and card is not None:
        told = told._replace(robustness=load_robustness(reference), run=run_of(reference.path, card))
    return evaluation_html(told, language=language)
