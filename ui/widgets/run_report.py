"""The report of a run as a file to download."""

import streamlit as st

from segcore.formatting import byte_size
from segcore.runs import Run, read_notes
from ui import state
from ui.text import spoken, t


def report(run: Run) -> bool:
    """Draw the button that makes the report of the run as it is now, with progress; then the one that downloads it.

    Returns:
        Whether the report is ready to be downloaded.
    """
    # Steps and meters change the events all the time; the other kinds of events change the report.
    times = [(run.last(kind) or {}).get("time") for kind in ("val", "state", "resumed", "amended")]
    version = f"{run.name} {times} {spoken()} {read_notes(run).text}"
    made_for, made = state.get("runs.report", ("", b""))
    with st.container(horizontal=True, vertical_alignment="center", key="report"):
        is_ready = made_for == version
        if not is_ready and st.button(
            t("runs.report.make"), icon=":material/description:", help=t("runs.report.help"), key="runs.report"
        ):
            state.put("runs.report", (version, _make(run)))
            st.rerun()
        if is_ready:
            st.download_button(
                t("runs.report.download", size=byte_size(len(made))),
                data=made,
                file_name=f"{run.name}.html",
                mime="text/html",
                icon=":material/download:",
                on_click="ignore",
                key="runs.report.download",
            )
    return is_ready


def _make(run: Run) -> bytes:
    from segcore.export.run_report import html_report  # noqa: PLC0415 - brings torch, which the page does not need

    progress = st.progress(0.0, text=t("runs.report.begin"))

    def show_progress(done: int, total: int) -> None:
        progress.progress(done / total, text=t("runs.report.images", done=done, total=total))

    try:
        return html_report(run, language=spoken(), progress=show_progress)
    finally:
        progress.empty()
