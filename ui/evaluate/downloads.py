"""The report to take away: as JSON for programs, as one HTML page for people."""

import tempfile
from pathlib import Path

import streamlit as st

from segcore.checkpoint import CheckpointRef, load_card
from segcore.data import SegDataset
from segcore.evaluation import KeptPredictions, Report, load_robustness, write_page
from ui.text import t


def show(report: Report, reference: CheckpointRef, dataset: SegDataset, kept: KeptPredictions) -> None:
    """Draw two buttons; a file is written when its button is pressed."""
    name = f"{report.checkpoint}-{report.data}" + (f"-{report.split}" if report.split else "")
    stem = "".join(each if each.isalnum() or each in "-_." else "-" for each in name)

    with st.container(horizontal=True):
        st.download_button(
            t("evaluate.download.html"),
            lambda: page_bytes(report, reference, dataset, kept),
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


def page_bytes(report: Report, reference: CheckpointRef, dataset: SegDataset, kept: KeptPredictions) -> bytes:
    """What ``evaluate --report FILE`` writes, without the curves of a training."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "report.html"
        card = load_card(reference.path)
        write_page(path, report, card, dataset, kept.folder, robustness=load_robustness(reference))
        return path.read_bytes()
