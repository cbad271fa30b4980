"""Evaluate: how good a checkpoint is on data that carries the truth, and how far the number can be trusted."""

import streamlit as st

from segcore.evaluation import KeptPredictions, report_of
from segcore.evaluation.predictions import FOLDER
from segcore.jobs import find_job
from ui import cache, frame, jobs, state
from ui.evaluate import (
    calibration,
    classes,
    confusion,
    conventions,
    downloads,
    hardiness,
    headline,
    question,
    sizes,
    worst,
)  # fmt: skip
from ui.text import t

VIEWS = ("classes", "confusion", "worst", "conventions", "sizes", "calibration", "robustness")

with frame.page("evaluate"), frame.sentences(stop=True):
    asked = question.ask()
    if asked is None:
        st.stop()
    answer = jobs.panel(
        "evaluate", asked.settings, key="evaluate.job", label=t("evaluate.start"), files=asked.files
    )  # fmt: skip
    run = find_job("evaluate", asked.settings, files=asked.files)
    if answer is None or run is None:
        st.caption(t("evaluate.empty"))
        st.stop()
    report = report_of(answer, run.name)
    dataset = cache.dataset(asked.data.spec, asked.data.split)
    kept = KeptPredictions(run.path / FOLDER)
    headline.show(report)
    downloads.show(report, asked.reference, dataset, kept)
    wished = state.wish("view")
    if wished in VIEWS:
        state.set_widget("evaluate.view", wished)
    elif state.widget("evaluate.view") is None:
        state.set_widget("evaluate.view", VIEWS[0])
    view = st.segmented_control(
        t("evaluate.view"),
        VIEWS,
        required=True,
        format_func=lambda name: t(f"evaluate.view.{name}"),
        key="evaluate.view",
        label_visibility="collapsed",
        persist_state="session",
    )
    state.remember_in_address(view=None if view == VIEWS[0] else view)
    with frame.sentences():
        match view:
            case "confusion":
                confusion.show(report, dataset, kept)
            case "worst":
                worst.show(report, dataset, kept, f"{run.path} {report.created}")
            case "conventions":
                conventions.show(report)
            case "sizes":
                sizes.show(report)
            case "calibration":
                calibration.show(report)
            case "robustness":
                hardiness.show(asked)
            case _:
                classes.show(report)
