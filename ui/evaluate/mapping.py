"""Which class of the data is which of the checkpoint, where the two do not have the same names.

The rules are those of ``segcore.evaluation.class_matching``: equal names belong together, everything else is left out
until someone states what it is.
"""

import streamlit as st

from segcore.data import parse_class_map
from segcore.evaluation import match_classes
from segcore.evaluation.class_matching import LEFT_OUT
from ui import state
from ui.evaluate.subject import Subject
from ui.text import plain, t

_MANY = 24
"""More classes than this are mapped in one line of text: a page of menus would hide the rest."""


def ask(subject: Subject, data_classes: tuple[str, ...]) -> dict[str, str]:
    """Draw the table where the names differ; what departs from the rules is the answer.

    Raises:
        BadConfig: nothing is left to compare, or the text names a class that does not exist.
    """
    strange = [name for name in data_classes if name not in subject.classes]
    unlabelled = [name for name in subject.classes if name not in data_classes]
    if not strange and not unlabelled:
        return {}
    common = len(data_classes) - len(strange)
    key = f"evaluate.mapping.{subject.name}"
    with st.expander(
        t("evaluate.mapping", common=common, of=len(data_classes), title=plain(subject.title)),
        icon=":material/rule:", key=f"{key}.box", expanded=common == 0,
    ):  # fmt: skip
        st.caption(t("evaluate.mapping.about"))
        pairs = _line(key) if len(strange) > _MANY else _menus(key, strange, subject.classes)
        if unlabelled:
            pairs |= _excused(key, unlabelled)
    match_classes(data_classes, subject.classes, pairs)
    return pairs


def _menus(key: str, strange: list[str], known: tuple[str, ...]) -> dict[str, str]:
    """One menu a class of the data, in rows that wrap."""
    pairs = {}
    with st.container(horizontal=True, gap="small"):
        for name in strange:
            own = f"{key}.{name}"
            if state.widget(own) not in (LEFT_OUT, *known):
                state.set_widget(own, LEFT_OUT)
            chosen = st.selectbox(
                plain(name),
                (LEFT_OUT, *known),
                format_func=lambda each: t("evaluate.mapping.out") if each == LEFT_OUT else each,
                key=own,
                width=200,
                persist_state="session",
            )
            if chosen != LEFT_OUT:
                pairs[name] = chosen
    return pairs


def _line(key: str) -> dict[str, str]:
    typed = st.text_input(
        t("evaluate.mapping.line"), key=f"{key}.line", help=t("evaluate.mapping.line.help"), persist_state="session"
    )
    return parse_class_map(typed)


def _excused(key: str, unlabelled: list[str]) -> dict[str, str]:
    chosen = st.multiselect(
        t("evaluate.mapping.excused"),
        unlabelled,
        key=f"{key}.excused",
        placeholder=t("evaluate.mapping.nobody"),
        help=t("evaluate.mapping.excused.help"),
        persist_state="session",
    )
    return dict.fromkeys(chosen, LEFT_OUT)
