"""The report to take away: as JSON for programs, as one HTML page for people."""

import tempfile
from pathlib import Path

import streamlit as st

from segcore.evaluation import Report, load_robustness, write_page
from ui.evaluate.look import Answered
from ui.evaluate.subject import Subject
from ui.text import t


def show(found: Answered, subject: Subject) -> None:
    """Draw two buttons; a file is written when its button is pressed."""
    report = found.report
    name = f"{report.checkpoint}-{report.data}" + (f"-{report.split}" if report.split else "")
    stem = "".join(each if each.isalnum() or each in "-_." else "-" for each in name)

    with st.container(horizontal=True):
        st.download_button(
            t("evaluate.download.html"),
            lambda: page_bytes(found, subject),
            f"{stem}.html",
            "text/html",
            icon=":material/download:",
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


def page_bytes(found: Answered, subject: Subject) -> bytes:
    """What ``evaluate --report FILE`` writes, without the curves of a training."""
    assert subject.card is not None and subject.reference is not None, "only checkpoints are judged"
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "report.html"
        robustness = load_robustness(subject.reference)
        write_page(path, found.report, subject.card, found.dataset, found.kept.folder, robustness=robustness)
        return path.read_bytes()
