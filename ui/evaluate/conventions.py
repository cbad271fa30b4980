"""The same predictions under the rules of other programs, side by side, with the reason of each difference."""

import math

import streamlit as st

from segcore.evaluation import EvaluationReport
from segcore.formatting import score
from ui.text import t, translated
from ui.widgets.tables import Cell, Mark, table


def show(report: EvaluationReport) -> None:
    """Draw the table; the first row is the headline of this page."""
    ours = report.conventions[0].value
    st.caption(t("evaluate.conventions.about"))
    rows: list[list[Cell]] = []
    for row in report.conventions:
        difference = row.value - ours
        title: Cell = Mark(translated(row.title), "bad") if row.mistake else translated(row.title)
        apart = "—" if math.isnan(difference) else f"{difference:+.3f}"
        said = f"{translated(row.rule)} {translated(row.why)}".strip()
        rows.append([title, score(row.value), apart, said])
    head = [
        t("evaluate.conventions.program"), t("metric.miou"), t("evaluate.conventions.apart"),
        t("evaluate.conventions.why"),
    ]  # fmt: skip
    table(t("evaluate.conventions"), head, rows, numbers=(1, 2))
