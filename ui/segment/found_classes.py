"""The table of the classes that were found in a photo."""

import streamlit as st

from segcore import inference
from segcore.classical import METHODS
from segcore.export.sections import Named, Share
from segcore.formatting import percent
from segcore.types import Prediction
from ui.segment_request import ModelChoice
from ui.text import plain, t, t_count
from ui.widgets.tables import table

MOST_REGIONS = 12
"""Maximum of regions that are listed one by one."""


def show(prediction: Prediction, model: ModelChoice) -> None:
    """Draw colour, share of the area, connected components and mean confidence, the largest class first.

    Methods that return regions have no confidence, and only the first MOST_REGIONS are listed.
    """
    rows = sorted(inference.class_table(prediction), key=lambda row: row.share, reverse=True)
    are_regions = model.kind == "classical" and METHODS[model.name].answers == "regions"
    listed = MOST_REGIONS if are_regions else len(rows)
    table(
        t("segment.classes"),
        [t("segment.class"), t("segment.area"), t("segment.components"), t("segment.confidence")],
        [
            [
                Named(row.name, row.colour),
                Share(percent(row.share), row.share, row.colour),
                str(row.components),
                percent(None if are_regions else row.mean_confidence),
            ]
            for row in rows[:listed]
            if row.pixels
        ],
        numbers=(2, 3),
    )
    others = [row.share for row in rows[listed:] if row.pixels]
    if others:
        st.caption(t_count("segment.more", len(others), share=percent(sum(others))))
    missing = [row.name for row in rows if not row.pixels]
    if missing:
        st.caption(t("segment.not_found", classes=plain(", ".join(missing))))
