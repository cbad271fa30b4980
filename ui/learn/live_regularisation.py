"""A U-Net trained on few images, with and without regularisation."""

from typing import Any

import streamlit as st

from segcore.errors import NotAvailable
from segcore.experiments.few_images import PRETRAINED
from segcore.export.sections import Share
from segcore.types import Colour
from ui.learn import input_controls, short_training
from ui.learn.lesson import lesson_texts
from ui.text import plain, t
from ui.widgets import line_chart
from ui.widgets.line_chart import ChartLine
from ui.widgets.tables import Cell, table

STEPS = 120
SOURCE = "shapes"  # the U-Net with the pretrained encoder; if it is missing, the first other U-Net
TRAIN: Colour = (42, 127, 184)
VAL: Colour = (217, 130, 43)

text = lesson_texts("overfitting")


def draw(images: int, remedy: str) -> None:
    """Draw the training on a number of images with a kind of regularisation, and its result."""
    about = f"{text(f'way.{remedy}')} {text('live.about', pictures=images, steps=STEPS)}"
    settings: dict[str, Any] = {"pictures": images, "remedy": remedy, "steps": STEPS, "seed": 0}
    files, missing = [], ""
    if remedy in PRETRAINED:
        try:
            files = [input_controls.reference(SOURCE, "unet").path]
            settings["checkpoint"] = str(files[0])
        except NotAvailable as error:
            missing = plain(str(error))
    short_training.show(
        text("live"),
        about,
        "lesson-overfitting",
        settings,
        lambda found: _trained(found, text(f"set.remedy.{remedy}")),
        key="learn.overfitting.job",
        start=text("live.start"),
        files=files,
        missing=missing,
    )


def _trained(found: dict[str, Any], remedy: str) -> None:
    shown = []
    rows: list[list[Cell]] = []
    for run, name, dash, width, symbol in (
        ("plain", text("live.plain"), "dot", 2, ""),
        ("remedy", remedy, "solid", 3, "circle"),
    ):
        course = found[run]
        for part, colour in (("train", TRAIN), ("val", VAL)):
            label = f"{name}, {text(f'part.{part}')}"
            shown.append(ChartLine(label, course["step"], course[part], colour, dash, width, symbol))
        train, val = course["train"][-1], course["val"][-1]
        rows.append([name, score_bar(train, TRAIN), score_bar(val, VAL), f"{train - val:.2f}"])
    ends = {run: f"{found[run]['val'][-1]:.2f}" for run in ("plain", "remedy")}
    line_chart.show(
        shown,
        key="learn.overfitting.job.chart",
        x=t("learn.axis.steps"),
        y=t("metric.miou"),
        alt=text("live.alt", remedy=remedy, plain=ends["plain"], val=ends["remedy"]),
        y_axis={"range": [-0.02, 1.02]},
    )
    head = [text("live.remedy"), text("part.train"), text("part.val"), text("live.gap")]
    table(text("live.table", steps=STEPS), head, rows, numbers=(3,))
    st.caption(text("live.note"))


def score_bar(score: float, colour: Colour) -> Share:
    """Return a bar with two decimals."""
    return Share(f"{score:.2f}", score, colour)
