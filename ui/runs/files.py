"""Files of a run to download. The exporters import torch, which is loaded when one of them is called."""
# ruff: noqa: PLC0415

from collections.abc import Callable

import streamlit as st

from segcore.formatting import byte_size, moment
from segcore.runs import Run, Summary
from ui.text import t
from ui.widgets import frame
from ui.widgets.run_report import report


def show(run: Run, facts: Summary) -> None:
    """Report, curves and configuration as files."""
    with frame.sentences():
        report(run)
    with st.container(horizontal=True, gap="small"):
        _file("events", t("runs.download.events"), lambda: _csv(run), f"{run.name}.csv", "text/csv")
        board = f"{run.name}-tensorboard.zip"
        _file("tensorboard", t("runs.download.tensorboard"), lambda: _events_zip(run), board, "application/zip")
        spec = run.path / "spec.json"
        _file("spec", t("runs.download.spec"), spec.read_bytes, f"{run.name}.json", "application/json")
    st.caption(t("runs.made_at", moment=moment(facts.created), size=byte_size(run.size())))


def _csv(run: Run) -> bytes:
    from segcore.export.spreadsheet import as_csv

    return as_csv(run)


def _events_zip(run: Run) -> bytes:
    from segcore.export.tensorboard import events_zip

    return events_zip(run)


def _file(kind: str, label: str, make: Callable[[], bytes], name: str, mime: str) -> None:
    st.download_button(
        label, data=make, file_name=name, mime=mime, icon=":material/download:", on_click="ignore", key=f"runs.{kind}"
    )
