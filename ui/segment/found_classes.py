"""The table of the classes that were found in a photo, and what to do where nothing was."""

import streamlit as st

from segcore import inference
from segcore.checkpoint import CheckpointCard
from segcore.classical import METHODS
from segcore.export.sections import Named, Share
from segcore.formatting import percent
from segcore.palette import is_background
from segcore.types import Prediction
from ui import links
from ui.known_names import class_name
from ui.segment_request import ModelChoice
from ui.text import plain, t, t_count
from ui.widgets import pickers
from ui.widgets.tables import table

MOST_REGIONS = 12
"""Maximum of regions that are listed one by one."""

_MOST_NAMES = 24
_MOST_IN_LINK = 5
_MOST_OTHERS = 4


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
        st.caption(t("segment.not_found", classes=_names(missing)))
    card = pickers.card_of(model)
    if card is not None and not any(row.pixels and not is_background(row.name) for row in rows):
        _nothing(card, model)


def _nothing(card: CheckpointCard, model: ModelChoice) -> None:
    """What the model knows, other models that know other classes, and how to train one."""
    known = [name for name in card.classes if not is_background(name)]
    with st.container(border=True, key="nothing_found"):
        st.markdown(t("segment.nothing", classes=_names(known)))
        trained = [
            t("segment.nothing.data", name=plain(data.name), images=data.images) if data.images else plain(data.name)
            for data in card.training_data
        ]
        facts = [t("segment.nothing.trained", data="; ".join(trained))] if trained else []
        if card.working_side:
            facts.append(t("segment.nothing.size", side=card.working_side))
        st.caption(" ".join(facts) or t("segment.trained_on_unknown"))
        others = _others(model, set(known))
        if others:
            st.markdown(t("segment.nothing.others"))
        for choice, names in others:
            more = "" if choice.ref is not None else t("segment.nothing.download")
            label = t("segment.nothing.other", title=plain(pickers.title_of(choice)), classes=names, more=more)
            links.segment(choice.name).draw(label, icon=":material/model_training:")
        links.train().draw(t("segment.nothing.train"), icon=":material/school:")


def _others(model: ModelChoice, known: set[str]) -> list[tuple[ModelChoice, str]]:
    """Models with other classes, those on this computer first, and the classes that they add."""
    found = []
    for choice in sorted(pickers.model_choices().values(), key=lambda choice: choice.ref is None):
        card = pickers.card_of(choice)
        if choice.name == model.name or card is None:
            continue
        new = [name for name in card.classes if name not in known and not is_background(name)]
        if new:
            found.append((choice, _names(new, _MOST_IN_LINK)))
            known = known | set(new)
    return found[:_MOST_OTHERS]


def _names(names: list[str], most: int = _MOST_NAMES) -> str:
    listed = t("viewer.separator").join(class_name(name) for name in names[:most])
    return plain(listed) + (" …" if len(names) > most else "")
