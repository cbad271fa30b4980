"""Which class of the data is which class of the checkpoint, where the names differ.

By the rules of `segcore.evaluation.match_classes`, equal names match, and all other classes are ignored unless mapped.
"""

import streamlit as st

from segcore.data import parse_class_map
from segcore.evaluation import match_classes
from segcore.evaluation.class_matching import LEFT_OUT
from ui import state
from ui.evaluate.subject import Subject
from ui.known_names import class_name
from ui.text import plain, t

_MAX_MENUS = 24
"""More classes than this are mapped in one text field instead of a menu each."""


def choose(subject: Subject, known: tuple[str, ...], data_classes: tuple[str, ...]) -> dict[str, str]:
    """Draw the menus if names differ, and return the mapping: class of the data → class of the checkpoint or "ignore".

    ``known`` are the classes of the checkpoint.

    Raises:
        BadConfig: no class is left to compare, or the text names a class that does not exist.
    """
    unknown = [name for name in data_classes if name not in known]
    unlabelled = [name for name in known if name not in data_classes]
    if not unknown and not unlabelled:
        return {}
    common = len(data_classes) - len(unknown)
    key = f"evaluate.mapping.{subject.name}"
    with st.expander(
        t("evaluate.mapping", common=common, of=len(data_classes), title=plain(subject.title)),
        icon=":material/rule:", key=f"{key}.box", expanded=common == 0,
    ):  # fmt: skip
        st.caption(t("evaluate.mapping.about"))
        if len(unknown) > _MAX_MENUS:
            about = t("evaluate.mapping.line.help")
            line = st.text_input(t("evaluate.mapping.line"), key=f"{key}.line", help=about, persist_state="session")
            pairs = parse_class_map(line)
        else:
            pairs = _menus(key, unknown, known)
        if unlabelled:
            excused = st.multiselect(
                t("evaluate.mapping.excused"),
                unlabelled,
                format_func=class_name,
                key=f"{key}.excused",
                placeholder=t("evaluate.mapping.nobody"),
                help=t("evaluate.mapping.excused.help"),
                persist_state="session",
            )
            pairs |= dict.fromkeys(excused, LEFT_OUT)
    match_classes(data_classes, known, pairs)
    return pairs


def _menus(key: str, unknown: list[str], known: tuple[str, ...]) -> dict[str, str]:
    """One menu per class of the data."""
    pairs = {}
    options = (LEFT_OUT, *known)
    with st.container(horizontal=True, gap="small"):
        for name in unknown:
            own = f"{key}.{name}"
            state.choose_widget(own, options, LEFT_OUT)
            chosen = st.selectbox(
                plain(class_name(name)),
                options,
                format_func=lambda each: t("evaluate.mapping.out") if each == LEFT_OUT else class_name(each),
                key=own,
                width=200,
                persist_state="session",
            )
            if chosen != LEFT_OUT:
                pairs[name] = chosen
    return pairs
