"""Who is judged: a checkpoint, the best weights of a run, or a method without a network. Each kind is a source."""

from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import streamlit as st

from segcore.checkpoint import CheckpointCard, CheckpointRef, load_card
from segcore.classical import METHODS
from segcore.errors import SegcoreError
from segcore.evaluation import ASSIGNMENTS
from segcore.runs import Run, list_runs, open_run
from ui import state
from ui.text import plain, t
from ui.widgets import pickers

RUN = "run:"
"""Before the name of a run, in the address and among the choices."""
METHOD = "method:"
"""Before the name of a method and how its regions get classes."""
_RECENT = 8
"""So many of the newest runs are offered; a link may name any other."""


@dataclass(frozen=True)
class Subject:
    """Something that can be judged.

    Attributes:
        name: in the address; unique among all subjects.
        title: for people. Text of unknown origin: `plain` it where Markdown is drawn.
        settings: the part of the job's settings that says who is judged.
        files: what it consists of.
        classes: that it knows, in the order of its ids.
        reference: of the checkpoint; None for what is none.

    What has no checkpoint has no classes of its own either: how it comes by some is said in its settings.
    """

    name: str
    title: str
    settings: Mapping[str, Any]
    files: tuple[Path, ...]
    classes: tuple[str, ...]
    reference: CheckpointRef | None = None

    @property
    def short_name(self) -> str:
        """In a word."""
        return self.name.rpartition(":")[2]

    @property
    def card(self) -> CheckpointCard | None:
        """The facts of the checkpoint."""
        return None if self.reference is None else load_card(self.reference.path)


def choose(label: str, key: str, *, word: str, first: str = "shapes") -> Subject | None:
    """Draw the choice; None where there is nothing to judge yet, which is said.

    Args:
        label: of the menu.
        key: of its widget.
        word: what the address calls it.
        first: the name that is chosen before anybody chooses, if it is there.
    """
    wished = state.requested(word)
    here = subjects(str(state.widget(key) or ""), wished or "")
    if not here:
        st.info(t("evaluate.no_checkpoint"), icon=":material/info:")
        return None
    if wished in here:
        state.set_widget(key, wished)
    elif state.widget(key) not in here:
        state.set_widget(key, first if first in here else next(iter(here)))
    with st.container():  # so that a warning moves no widget into another place of the tree
        if wished is not None and wished not in here:
            used = here[state.widget(key)].title
            st.warning(t("evaluate.no_such_model", wished=plain(wished[:64]), used=plain(used)))
    name = st.selectbox(
        label, list(here), format_func=lambda name: here[name].title, key=key, persist_state="session"
    )  # fmt: skip
    state.set_address(**{word: name})
    return here[name]


def subjects(*names: str) -> dict[str, Subject]:
    """All that can be judged, by name.

    Args:
        names: runs among these are offered however old they are; whoever wrote an address may have written anything.
    """
    found = _checkpoints() | _runs([name.removeprefix(RUN) for name in names if name.startswith(RUN)]) | _methods()
    # Browsers know what is chosen in a menu by its words, so no two may have the same.
    often = Counter(each.title for each in found.values())
    return {
        name: replace(each, title=f"{each.title} · {name}") if often[each.title] > 1 else each
        for name, each in found.items()
    }


def _checkpoints() -> dict[str, Subject]:
    found = {}
    for name, choice in pickers.model_choices().items():
        if choice.ref is not None:
            found[name] = of_checkpoint(choice.ref, name, load_card(choice.ref.path).title)
    return found


def _runs(named: list[str]) -> dict[str, Subject]:
    runs = {run.name: run for run in list_runs()[:_RECENT]}
    for name in named:
        with suppress(SegcoreError):
            runs[name] = open_run(name)
    found = {}
    for name, run in runs.items():
        weights = weights_of(run)
        if weights is not None:
            with suppress(SegcoreError):  # damaged, or written at this moment
                if load_card(weights).task != "semantic":
                    continue
                title = t("evaluate.of_run", name=name)
                found[f"{RUN}{name}"] = of_checkpoint(CheckpointRef.of(weights), f"{RUN}{name}", title)
    return found


def _methods() -> dict[str, Subject]:
    """Those with an object by their rule, and all of them as an upper bound, which their title says."""
    found = {}
    for assign in ASSIGNMENTS:
        for name, method in METHODS.items():
            if assign == "rule" and method.answers != "object":
                continue
            title = t(f"evaluate.of_method.{assign}", name=t(f"classical.{name}"))
            settings = {"method": name, "assign": assign}
            found[f"{METHOD}{name}-{assign}"] = Subject(f"{METHOD}{name}-{assign}", title, settings, (), ())
    return found


def weights_of(run: Run) -> Path | None:
    """The best weights of a run, else the last ones; None before there are any."""
    places = (run.checkpoint_path("best"), run.checkpoint_path("last"))
    return next((place for place in places if place.exists()), None)


def of_checkpoint(reference: CheckpointRef, name: str, title: str) -> Subject:
    """A checkpoint as a subject.

    Raises:
        BadCheckpoint: the file is damaged.
    """
    return Subject(
        name=name,
        title=title,
        settings={"checkpoint": str(reference.path)},
        files=(reference.path,),
        classes=load_card(reference.path).classes,
        reference=reference,
    )
