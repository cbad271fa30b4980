"""What can be evaluated: a checkpoint, the best weights of a run, or a classical method."""

from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

import streamlit as st

from segcore.checkpoint import CheckpointCard, CheckpointRef, load_card
from segcore.classical import METHODS
from segcore.errors import SegcoreError
from segcore.evaluation import ASSIGNMENTS
from segcore.runs import list_runs, open_run, shown_name
from ui import state
from ui.known_names import model_title
from ui.text import plain, t
from ui.widgets import pickers

RUN = "run:"
"""Prefix of a run's name, in the address and in the menu."""
METHOD = "method:"
"""Prefix of a method's name, which is followed by how its regions get classes."""
_RECENT = 8
"""Number of the newest runs in the menu; a link may name any other."""


@dataclass(frozen=True)
class Subject:
    """Something that can be evaluated."""

    name: str  # in the address; unique among all subjects
    title: str  # of unknown origin: `plain` it where Markdown is drawn
    reference: CheckpointRef | None = None  # of the checkpoint; None for a classical method
    method: Mapping[str, str] = field(default_factory=dict)  # its name, and how its regions get classes

    @property
    def settings(self) -> Mapping[str, str]:
        """The part of the job's settings that names it."""
        return self.method if self.reference is None else {"checkpoint": str(self.reference.path)}

    @property
    def files(self) -> list[Path]:
        """Files that its predictions depend on."""
        return [] if self.reference is None else [self.reference.path]

    @property
    def short_name(self) -> str:
        """The name without its prefix."""
        return self.name.rpartition(":")[2]

    @property
    def card(self) -> CheckpointCard | None:
        """The card of the checkpoint."""
        return None if self.reference is None else load_card(self.reference.path)


def choose(label: str, key: str, *, word: str, first: str = "shapes") -> Subject | None:
    """Draw the menu; None, with a message on the page, if there is nothing to evaluate.

    ``word`` is its name in the address, ``first`` the default if it exists.
    """
    requested = state.requested(word)
    here = subjects(str(state.widget(key) or ""), requested or "")
    if not here:
        st.info(t("evaluate.no_checkpoint"), icon=":material/info:")
        return None
    used = state.choose_widget(key, here, first if first in here else next(iter(here)), requested)
    with st.container():  # keeps the position of the widgets, with or without a warning
        if requested is not None and requested not in here:
            st.warning(t("evaluate.no_such_model", requested=plain(requested[:64]), used=plain(here[used].title)))
    name = st.selectbox(
        label, list(here), format_func=lambda name: here[name].title, key=key, persist_state="session"
    )  # fmt: skip
    state.set_address(**{word: name})
    return here[name]


def subjects(*names: str) -> dict[str, Subject]:
    """Everything that can be evaluated, by name: recent runs, and those among ``names`` however old they are."""
    checkpoints = {
        name: Subject(name, model_title(load_card(choice.ref.path).title), choice.ref)
        for name, choice in pickers.model_choices().items()
        if choice.ref is not None
    }
    result = checkpoints | _runs([name.removeprefix(RUN) for name in names if name.startswith(RUN)]) | _methods()
    # Browsers identify the options of a menu by their text, so no two may be the same.
    count = Counter(each.title for each in result.values())
    return {
        name: replace(each, title=f"{each.title} · {name}") if count[each.title] > 1 else each
        for name, each in result.items()
    }


def _runs(names: list[str]) -> dict[str, Subject]:
    """The best weights of the newest runs and of those named, else the last ones."""
    runs = {run.address: run for run in list_runs()[:_RECENT]}
    for name in names:
        with suppress(SegcoreError):
            runs[name] = open_run(name)
    result = {}
    for name, run in runs.items():
        paths = (run.checkpoint_path("best"), run.checkpoint_path("last"))
        weights = next((path for path in paths if path.exists()), None)
        with suppress(SegcoreError):  # damaged, or being written
            if weights is not None and load_card(weights).task == "semantic":
                title = t("evaluate.of_run", name=shown_name(run))
                result[f"{RUN}{name}"] = Subject(f"{RUN}{name}", title, CheckpointRef.of(weights))
    return result


def _methods() -> dict[str, Subject]:
    """Methods that find an object by rule, and all methods as an upper bound, as their titles state."""
    result = {}
    for assign in ASSIGNMENTS:
        for name, method in METHODS.items():
            if assign == "rule" and method.answers != "object":
                continue
            title = t(f"evaluate.of_method.{assign}", name=t(f"classical.{name}"))
            full_name = f"{METHOD}{name}-{assign}"
            result[full_name] = Subject(full_name, title, method={"method": name, "assign": assign})
    return result
