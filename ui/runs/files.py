"""What a run can be taken away as."""

from collections.abc import Callable

import streamlit as st

from segcore.runs import Run, Summary
from ui.runs import words
from ui.runs.curves import as_csv
from ui.text import t


def show(run: Run, facts: Summary) -> None:
    """Curves and configuration as files."""
    with st.container(horizontal=True, gap="small"):
        _file("events", t("runs.download.events"), lambda: as_csv(run), f"{run.name}.csv", "text/csv")
        spec = run.path / "spec.json"
        _file("spec", t("runs.download.spec"), spec.read_bytes, f"{run.name}.json", "application/json")
    st.caption(t("runs.made_at", moment=words.moment(facts.created), size=words.size(run.size())))


def _file(kind: str, label: str, make: Callable[[], bytes], name: str, mime: str) -> None:
    st.download_button(
        label, data=make, file_name=name, mime=mime, icon=":material/download:", on_click="ignore", key=f"runs.{kind}"
    )
