"""Whether confidences are right: of the pixels of which the network is 80 % sure, 80 % should be right."""

import plotly.graph_objects as go
import streamlit as st

from segcore.evaluation import EvaluationReport
from segcore.formatting import percent, score
from segcore.metrics import Reliability
from ui.text import t
from ui.widgets.tables import table

HEIGHT = 320
_BAR = "#0072b2"


def show(report: EvaluationReport) -> None:
    """Draw the reliability diagram, what it says in a sentence, and its numbers."""
    diagram = report.reliability
    values = {"ece": score(diagram.ece), "mce": score(diagram.mce), "over": score(abs(diagram.over))}
    said = t("evaluate.calibration.over", **values) if diagram.over > 0 else t("evaluate.calibration.under", **values)
    st.markdown(said)
    st.plotly_chart(
        figure(diagram), key="evaluate.calibration", height=HEIGHT,
        config={"displaylogo": False, "displayModeBar": False}, alt=said,
    )  # fmt: skip
    total = max(sum(diagram.pixels), 1)
    with st.expander(t("evaluate.calibration.table"), key="evaluate.calibration.table"):
        table(
            t("evaluate.calibration"),
            [t("evaluate.confidence"), t("evaluate.accuracy"), t("evaluate.pixels")],
            [
                [f"{low:.2f} – {high:.2f}", score(accuracy), percent(pixels / total)]
                for low, high, accuracy, pixels in zip(
                    diagram.edges[:-1], diagram.edges[1:], diagram.accuracy, diagram.pixels, strict=True
                )
            ],
            numbers=(1, 2),
        )


def figure(diagram: Reliability) -> go.Figure:
    """Bars of accuracy over confidence, and the diagonal where they should end."""
    chart = go.Figure()
    middles = [(low + high) / 2 for low, high in zip(diagram.edges[:-1], diagram.edges[1:], strict=True)]
    chart.add_bar(
        x=middles,
        y=[None if not pixels else accuracy for accuracy, pixels in zip(diagram.accuracy, diagram.pixels, strict=True)],
        width=[0.95 * (high - low) for low, high in zip(diagram.edges[:-1], diagram.edges[1:], strict=True)],
        name=t("evaluate.accuracy"),
        marker={"color": _BAR},
        hovertemplate="%{x:.2f}: %{y:.3f}<extra></extra>",
    )
    chart.add_scatter(
        x=[0, 1], y=[0, 1], mode="lines", name=t("evaluate.calibration.ideal"), hoverinfo="skip",
        line={"color": "#888888", "dash": "dash", "width": 2},
    )  # fmt: skip
    chart.update_layout(
        margin={"l": 10, "r": 10, "t": 10, "b": 10},
        legend={"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"},
        xaxis={"title": t("evaluate.confidence"), "range": [0, 1]},
        yaxis={"title": t("evaluate.accuracy"), "range": [0, 1.02]},
    )
    return chart
