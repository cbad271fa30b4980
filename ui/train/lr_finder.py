"""The panel "Find a learning rate": one sweep over rising rates, its curve, and a button that uses the suggestion."""

import math
from typing import Any

import plotly.graph_objects as go
import streamlit as st

from segcore.jobs import find_job
from segcore.train import TrainConfig, data_folders
from segcore.train.checks.lr_finder import question
from ui.text import t
from ui.widgets import accepted_problems, forms, job_panel, line_chart
from ui.widgets.line_chart import ChartLine
from ui.widgets.tables import table

LOSS, RAW_LOSS, RATE, FORM = "#d9822b", "rgba(217, 130, 43, 0.45)", "#2a7fb8", "#808888"
_HEIGHT = 330
_ROWS = 24
"""Maximum number of rows of the table."""


def show(config: TrainConfig) -> None:
    """Draw the panel for a configuration."""
    with st.container(border=True, key="train.lr.box"):
        st.subheader(t("lr.title"), anchor=False)
        st.caption(t("lr.about"))
        data = (*config.data, *config.val_data)
        asked, files = question(config, accepted_problems.accepted(data)), data_folders(config)
        found = job_panel.panel(
            "lr-find",
            asked,
            files=files,
            key="train.lr",
            label=t("lr.start"),
            icon=":material/ssid_chart:",
        )
        if found is None:
            accepted_problems.draw_of_job(find_job("lr-find", asked, files=files), data, key="train.lr")
        else:
            _found(found, config.learning_rate)


def _found(found: dict[str, Any], present: float) -> None:
    rate = found["rate"]
    if rate is None:
        st.warning(t("lr.none"), icon=":material/warning:")
    else:
        st.markdown(t(f"lr.rule.{found['rule']}", rate=f"{rate:g}"))
        in_use = math.isclose(rate, present, rel_tol=1e-6)
        st.button(
            t("lr.used", rate=f"{rate:g}") if in_use else t("lr.use", rate=f"{rate:g}"),
            key="train.lr.use",
            type="secondary" if in_use else "primary",
            icon=":material/check:",
            disabled=in_use,
            on_click=forms.change,
            args=({"learning_rate": rate},),
        )
    if found["losses"]:
        st.plotly_chart(
            figure(found, present),
            key="train.lr.chart",
            height=_HEIGHT,
            config={"displaylogo": False, "modeBarButtonsToRemove": ["select2d", "lasso2d"]},
            alt=_described(found),
        )
        with st.expander(t("lr.table"), key="train.lr.table"):
            _table(found)


def figure(found: dict[str, Any], present: float) -> go.Figure:
    """The loss over the rate, raw and smoothed, with the suggested rate and the one in the form."""
    rates, smoothed = found["rates"], found["smoothed"]
    low, high = min(smoothed), max(smoothed)
    room = 0.1 * (high - low) or 0.1
    span = [low - room, high + room]
    lines = [
        ChartLine(t("lr.raw"), rates, found["losses"], RAW_LOSS, width=1),
        ChartLine(t("lr.smoothed"), rates, smoothed, LOSS, width=3),
    ]
    if found["rate"] is not None:
        lines.append(ChartLine(t("lr.suggested"), [found["rate"]] * 2, span, RATE))
    if rates[0] <= present <= rates[-1]:
        lines.append(ChartLine(t("lr.present"), [present] * 2, span, FORM, dash="dot"))
    axis = {"type": "log", "exponentformat": "power", "dtick": 1}
    chart = line_chart.figure(lines, x=t("field.learning_rate"), y=t("lr.loss"), x_axis=axis, y_axis={"range": span})
    chart.update_traces(hoverinfo="skip", selector=lambda line: len(line.x) == 2)
    return chart.update_layout(hovermode="x unified")


def _described(found: dict[str, Any]) -> str:
    """The curve in a sentence, as alternative text."""
    smoothed = found["smoothed"]
    return t(
        "lr.alt",
        begin=f"{smoothed[0]:.3f}",
        low=f"{min(smoothed):.3f}",
        at=f"{found['rates'][smoothed.index(min(smoothed))]:.1e}",
        end=f"{smoothed[-1]:.3f}",
        last=f"{found['rates'][-1]:.1e}",
    )


def _table(found: dict[str, Any]) -> None:
    every = max(1, len(found["rates"]) // _ROWS)
    rows = list(zip(found["rates"], found["losses"], found["smoothed"], strict=True))[::every]
    table(
        t("lr.table"),
        [t("field.learning_rate"), t("lr.raw"), t("lr.smoothed")],
        [[f"{rate:.1e}", f"{loss:.4f}", f"{mean:.4f}"] for rate, loss, mean in rows],
        numbers=(0, 1, 2),
    )
