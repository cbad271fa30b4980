"""The report of a run as a file to download."""

import streamlit as st

from segcore.formatting import byte_size
from segcore.runs import Run, read_notes
from ui.text import spoken, t
from ui.widgets import download_button


def report(run: Run) -> bool:
    """Draw the button that makes the report of a run as it is now, or downloads it; return whether it is ready."""
    # Steps and meters change the events all the time; the other kinds of events change the report.
    times = [(run.last(kind) or {}).get("time") for kind in ("val", "state", "resumed", "amended")]
    version = f"{run.name} {times} {spoken()} {read_notes(run).text}"
    with st.container(horizontal=True, vertical_alignment="center", key="report"):
        made = download_button.prepared(
            lambda: _make(run),
            version,
            t("runs.report.make"),
            key="runs.report",
            icon=":material/description:",
            help=t("runs.report.help"),
        )
        if made is not None:
            label = t("runs.report.download", size=byte_size(len(made)))
            download_button.draw(label, made, f"{run.name}.html", "text/html", key="runs.report.download")
    return made is not None


def _make(run: Run) -> bytes:
    from segcore.export.run_report import html_report  # noqa: PLC0415 - brings torch, which the page does not need

    progress = st.progress(0.0, text=t("runs.report.begin"))

    def show_progress(done: int, total: int) -> None:
        progress.progress(done / total, text=t("runs.report.images", done=done, total=total))

    try:
        return html_report(run, language=spoken(), progress=show_progress)
    finally:
        progress.empty()
