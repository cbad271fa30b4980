"""What is said about a prediction: one quiet line of facts, and the table of classes."""

from contextlib import AbstractContextManager, ExitStack

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from segcore import inference
from segcore.classical import METHODS
from segcore.types import Prediction
from ui import state
from ui.segment_request import ModelChoice
from ui.text import plain, t, t_count
from ui.widgets.tables import Bar, Chip, table

MOST_REGIONS = 12
"""So many regions are told one by one."""


def waiting(view: DeltaGenerator, line: DeltaGenerator) -> AbstractContextManager[object]:
    """What is seen while a prediction is computed.

    At first a skeleton where the picture will be; later the old picture stays, and the line under it says what goes on:
    so nothing jumps.
    """
    if state.first_time("segment.viewer"):
        return view.skeleton(height=560)
    stack = ExitStack()
    stack.enter_context(line)
    stack.enter_context(st.spinner(t("segment.working")))
    return stack


def facts(prediction: Prediction) -> None:
    """Time, working resolution, tiles and engine, in one line."""
    height, width = prediction.working_size
    st.caption(
        t(
            "segment.facts",
            seconds=f"{prediction.seconds:.2f}",
            width=width,
            height=height,
            tiles=t_count("segment.tiles", prediction.tiles),
            engine=plain(prediction.engine),
        )
    )


def class_table(prediction: Prediction, model: ModelChoice) -> None:
    """What was found, the largest first: colour, share of the area, pieces, mean confidence.

    Of regions the first MOST_REGIONS are told, and no confidence: no method says how sure it is of them.
    """
    rows = sorted(inference.class_table(prediction), key=lambda row: row.share, reverse=True)
    unsaid = model.kind == "classical" and METHODS[model.name].answers == "regions"
    told = MOST_REGIONS if unsaid else len(rows)
    table(
        t("segment.classes"),
        [t("segment.class"), t("segment.area"), t("segment.components"), t("segment.confidence")],
        [
            [
                Chip(row.name, row.colour),
                Bar(row.share, _percent(row.share), row.colour),
                str(row.components),
                "—" if row.mean_confidence is None or unsaid else _percent(row.mean_confidence),
            ]
            for row in rows[:told]
            if row.pixels
        ],
        numbers=(2, 3),
    )
    others = [row.share for row in rows[told:] if row.pixels]
    if others:
        st.caption(t_count("segment.more", len(others), share=_percent(sum(others))))
    missing = [row.name for row in rows if not row.pixels]
    if missing:
        st.caption(t("segment.not_found", classes=plain(", ".join(missing))))


def _percent(share: float) -> str:
    """One decimal everywhere; what is there is never called 0.0 %."""
    return "< 0.1 %" if 0 < share < 0.0005 else f"{100 * share:.1f} %"
