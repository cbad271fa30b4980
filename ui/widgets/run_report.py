"""The report of a run as a file to download."""

from typing import NamedTuple

import streamlit as st

from segcore.formatting import byte_size
from segcore.runs import ENDED_STATES, Run, read_notes, readable
from ui import state
from ui.text import spoken, t
from ui.widgets import download_button


class Version(NamedTuple):
    """What a report depends on; not the steps, the meters and whatever else changes all the time while a run trains."""

    run: str  # its address
    epoch: int  # number of validated epochs
    state: str
    rest: tuple[object, ...]  # resumed and amended when; the language and the notes


def report(run: Run) -> bool:
    """Draw the button that makes the report of a run as it is now, or downloads it; return whether it is ready."""
    validated = int((run.last("val") or {}).get("epoch", -1)) + 1
    notes = read_notes(run)
    changes = tuple((run.last(kind) or {}).get("time") for kind in ("state", "resumed", "amended"))
    version = Version(run.address, validated, run.status(), (*changes, spoken(), notes.name, notes.text))
    made: tuple[Version, bytes] | None = state.get("runs.report", None)
    if made is not None and made[0].run != run.address:
        made = None
    with st.container(horizontal=True, vertical_alignment="center", key="report"):
        # A run that trains has moved on before its report is made: what was made is delivered all the same.
        if made is None or made[0] != version:
            label = t("runs.report.make") if made is None else t("runs.report.again")
            if st.button(label, icon=":material/description:", help=t("runs.report.help"), key="runs.report"):
                state.put("runs.report", (version, _make(run)))
                st.rerun()
        if made is not None:
            of, size = made[0], byte_size(len(made[1]))
            is_final = of.state in ENDED_STATES
            as_of = t("runs.report.as_of", size=size, epoch=of.epoch)
            label = t("runs.report.download", size=size) if is_final else as_of
            file_name = f"{readable(run.name)}.html" if is_final else f"{readable(run.name)}-epoch-{of.epoch}.html"
            download_button.draw(label, made[1], file_name, "text/html", key="runs.report.download")
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
