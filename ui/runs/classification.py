"""Runs that train a classifier: the confusion matrix of the last validation, in images."""

import streamlit as st

from segcore.export.sections import Named
from segcore.runs import Run
from ui.known_names import class_name
from ui.text import t
from ui.widgets.tables import Cell, table


def is_classification(run: Run) -> bool:
    """Whether a run learns one class for a whole image."""
    return run.plan.get("task") == "classification"


def show(run: Run) -> None:
    """Draw the matrix: a row for each true class, in per cent of its images."""
    st.subheader(t("runs.pictures"), anchor=False)
    validation, setup = run.last("val"), run.last("setup")
    if validation is None or setup is None or "counts" not in validation:
        st.caption(t("runs.best.why"))
        return
    st.caption(t("runs.pictures.about", epoch=validation["epoch"] + 1))
    classes = list(zip(setup["classes"], setup["colours"], strict=True))
    rows: list[list[Cell]] = []
    for (name, colour), counts in zip(classes, validation["counts"], strict=True):
        total = sum(counts)
        shares = [f"{100 * count / total:.0f}" if count else "·" for count in counts]
        rows.append([Named(name, tuple(colour)), *shares, str(total)])
    head = [t("runs.pictures.truth"), *(class_name(name) for name, _ in classes), t("runs.pictures.count")]
    table(t("runs.pictures"), head, rows, numbers=range(1, len(head)))
