"""What a run can be taken away as. What makes the files brings torch with it, and is loaded when somebody asks."""
# ruff: noqa: PLC0415

from collections.abc import Callable

import streamlit as st

from segcore.runs import Run, Summary, read_notes
from ui import state
from ui.text import spoken, t
from ui.widgets import frame, run_text


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
    st.caption(t("runs.made_at", moment=run_text.moment(facts.created), size=run_text.size(run.size())))


def report(run: Run) -> bool:
    """One press makes the report of the run as it is now, with progress; then it can be downloaded.

    Returns:
        Whether it was made and is ready to be downloaded.
    """
    size = run.events_path.stat().st_size if run.events_path.exists() else 0
    key = f"{run.name} {size} {spoken()} {read_notes(run).text}"
    made = state.report(key)
    with st.container(horizontal=True, vertical_alignment="center", key="report"):
        if made is None and st.button(
            t("runs.report.make"), icon=":material/description:", help=t("runs.report.help"), key="runs.report"
        ):
            made = _made(run)
            state.keep_report(key, made)
            st.rerun()
        if made is not None:
            st.download_button(
                t("runs.report.download", size=run_text.size(len(made))),
                data=made,
                file_name=f"{run.name}.html",
                mime="text/html",
                icon=":material/download:",
                on_click="ignore",
                key="runs.report.download",
            )
    return made is not None


def _made(run: Run) -> bytes:
    from segcore.export import html_report

    progress = st.progress(0.0, text=t("runs.report.begin"))

    def show_progress(done: int, total: int) -> None:
        progress.progress(done / total, text=t("runs.report.images", done=done, total=total))

    try:
        return html_report(run, language=spoken(), progress=show_progress)
    finally:
        progress.empty()


def _csv(run: Run) -> bytes:
    from segcore.export import as_csv

    return as_csv(run)


def _events_zip(run: Run) -> bytes:
    from segcore.export import events_zip

    return events_zip(run)


def _file(kind: str, label: str, make: Callable[[], bytes], name: str, mime: str) -> None:
    st.download_button(
        label, data=make, file_name=name, mime=mime, icon=":material/download:", on_click="ignore", key=f"runs.{kind}"
    )
