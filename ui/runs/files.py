"""Files of a run to download."""

import streamlit as st

from segcore.export.spreadsheet import as_csv
from segcore.formatting import byte_size, moment
from segcore.runs import Run, Summary, readable
from ui.text import t
from ui.widgets import download_button, frame
from ui.widgets.run_report import report


def show(run: Run, facts: Summary) -> None:
    """Report, curves and configuration as files."""
    with frame.sentences():
        report(run)
    with st.container(horizontal=True, gap="small"):
        curves = t("runs.download.events")
        download_button.draw(curves, lambda: as_csv(run), f"{readable(run.name)}.csv", "text/csv", key="runs.events")
        board, name = t("runs.download.tensorboard"), f"{readable(run.name)}-tensorboard.zip"
        download_button.draw(board, lambda: _events_zip(run), name, "application/zip", key="runs.tensorboard")
        spec, read = t("runs.download.spec"), (run.path / "spec.json").read_bytes
        download_button.draw(spec, read, f"{readable(run.name)}.json", "application/json", key="runs.spec")
    st.caption(t("runs.made_at", moment=moment(facts.created), size=byte_size(run.size())))


def _events_zip(run: Run) -> bytes:
    from segcore.export.tensorboard import events_zip  # noqa: PLC0415 - brings torch, which the page does not need

    return events_zip(run)
