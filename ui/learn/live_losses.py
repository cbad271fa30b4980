"""A real network, trained once with each loss."""

from typing import Any

import streamlit as st

from segcore.experiments.loss_comparison import LOSSES
from ui.learn import short_training
from ui.learn.lesson import lesson_texts
from ui.text import t
from ui.widgets import line_chart
from ui.widgets.line_chart import ChartLine
from ui.widgets.tables import table

STEPS = 160
_LINES = dict(zip(LOSSES, ("#c2447e", "#9a7b2f", "#7a6fc4", "#2a7fb8", "#2e9e6b"), strict=True))
_DASHES = dict(zip(LOSSES, ("solid", "dash", "dot", "solid", "dashdot"), strict=True))

text = lesson_texts("losses")


def draw(size: str) -> None:
    """Draw the training and its result; ``size``: how frequent the object is, "rare" or "common"."""
    about = text(f"live.about.{size}", steps=STEPS)
    settings = {"size": size, "steps": STEPS, "seed": 0}
    short_training.show(
        text("live"), about, "lesson-losses", settings, _trained, key="learn.losses.race", start=text("live.start")
    )


def _trained(found: dict[str, Any]) -> None:
    courses = found["courses"]
    names = {name: text(f"set.loss.{name}") for name in courses}
    line_chart.show(
        [
            ChartLine(names[name], course["step"], course["iou"], _LINES[name], dash=_DASHES[name])
            for name, course in courses.items()
        ],
        key="learn.losses.race.chart",
        x=t("learn.axis.steps"),
        y=text("live.iou"),
        alt=text("live.alt", ends=", ".join(f"{names[n]} {course['iou'][-1]:.2f}" for n, course in courses.items())),
        y_axis={"range": [-0.02, 1.02]},
    )
    scores = ("accuracy", "iou", "precision", "recall")
    head = [text("loss"), t("metric.pixel_accuracy"), t("metric.iou"), t("metric.precision"), t("metric.recall")]
    rows = [[names[name], *(f"{course[score][-1]:.3f}" for score in scores)] for name, course in courses.items()]
    table(text("live.table", steps=STEPS), head, rows, numbers=(1, 2, 3, 4))
    st.caption(text("live.note", share=f"{100 * found['share']:.1f}"))
