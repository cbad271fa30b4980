"""Objects by size: small ones are what a mean over pixels hides."""

import streamlit as st

from segcore.evaluation import EvaluationReport
from segcore.formatting import score
from ui.text import plain, t
from ui.widgets.tables import table


def show(report: EvaluationReport) -> None:
    """Draw the table of all classes together."""
    st.caption(t("evaluate.sizes.about", without=plain(", ".join(report.sizes.without)) or "—"))
    bounds = ["0 %", *(f"{100 * edge:g} %" for edge in report.sizes.edges), "100 %"]
    table(
        t("evaluate.sizes"),
        [
            t("evaluate.sizes.size"), t("evaluate.sizes.objects"), t("evaluate.sizes.found"), t("metric.recall"),
            t("metric.iou"),
        ],
        [
            [
                t("evaluate.sizes.between", size=t(f"evaluate.size.{each.size}"), low=low, high=high),
                str(each.objects), score(each.found), score(each.recall), score(each.iou),
            ]
            for each, low, high in zip(report.sizes.all, bounds[:-1], bounds[1:], strict=True)
        ],
        numbers=range(1, 5),
    )  # fmt: skip
