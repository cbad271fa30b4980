"""A real network, trained at five learning rates."""

from typing import Any

import streamlit as st

from segcore.explain.descent import Optimiser
from ui.learn import short_training
from ui.learn.lesson import lesson_texts
from ui.text import t
from ui.widgets import line_chart
from ui.widgets.line_chart import ChartLine
from ui.widgets.tables import table

STEPS = 60
_COLOURS = ("#9a7b2f", "#2e9e6b", "#2a7fb8", "#7a6fc4", "#c2447e")
_DASHES = ("dot", "dash", "solid", "dashdot", "longdash")

text = lesson_texts("descent")


def draw(optimiser: Optimiser) -> None:
    """Draw the training with an optimiser, and its result."""
    about = text("live.about", optimiser=text(f"set.optimiser.{optimiser}"), steps=STEPS)
    settings = {"optimiser": optimiser, "steps": STEPS, "seed": 0}
    short_training.show(
        text("live"), about, "lesson-rates", settings, _trained, key="learn.descent.rates", start=text("live.start")
    )


def _trained(found: dict[str, Any]) -> None:
    pairs = list(zip(found["rates"], found["losses"], strict=True))
    line_chart.show(
        [
            ChartLine(f"η = {rate:g}", range(len(losses)), losses, colour, dash=dash)
            for (rate, losses), colour, dash in zip(pairs, _COLOURS, _DASHES, strict=False)
        ],
        key="learn.descent.rates.chart",
        x=t("learn.axis.steps"),
        y=text("live.loss"),
        alt=text("live.alt", ends=", ".join(f"η = {rate:g}: {losses[-1]:.2f}" for rate, losses in pairs)),
        y_axis={"type": "log", "dtick": 1},
    )
    rows = []
    for rate, losses in pairs:
        late = losses[-10:]
        rows.append([f"{rate:g}", f"{losses[0]:.2f}", f"{max(losses):.2f}", f"{sum(late) / len(late):.2f}"])
    head = ["η", *(text(f"table.{name}") for name in ("first", "highest", "last"))]
    table(text("live"), head, rows, numbers=(0, 1, 2, 3))
    st.caption(text("live.note"))
