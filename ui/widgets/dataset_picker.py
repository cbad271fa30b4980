"""Choose data: the same list, folder browser and upload on the pages Train, Data and Evaluate."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import streamlit as st

from segcore import paths
from segcore.data import (
    dataset_folder,
    dataset_splits,
    full_spec,
    is_there,
    named_datasets,
    recent_data,
    remember_data,
    require_allowed,
)
from segcore.errors import SegcoreError
from ui import state
from ui.text import t
from ui.widgets import dataset_panel, dataset_thumbnails, dataset_upload

Chosen = TypeVar("Chosen")

FIRST = "shapes:200:96"
"""The dataset of the first visit: nothing to download."""
SPEC = "data.spec"


@dataclass(frozen=True)
class DatasetChoice:
    """A dataset and one of its splits."""

    spec: str  # a name or a folder, as for ``open_dataset``
    split: str | None  # None if the dataset has no splits
    splits: tuple[str, ...]  # all of them

    @property
    def files(self) -> list[Path]:
        """Files and folders that results about this dataset depend on."""
        folder = dataset_folder(self.spec)
        return [] if folder is None else [folder]


def known() -> list[str]:
    """Recent folders, newest first, then registered names, then folders that were uploaded, downloaded or repaired."""
    own = sorted(str(each) for each in paths.data_dir().glob("[!.]*") if each.is_dir())
    recent = [spec for spec in recent_data() if is_there(spec)]
    return list(dict.fromkeys([*recent, FIRST, *(name for name in named_datasets() if name != "shapes"), *own]))


def option_text(spec: str) -> str:
    """An entry of the menu: of a folder its name first, then its path."""
    folder = Path(spec)
    return f"{folder.name} · {spec}" if folder.is_absolute() and folder.name else spec


def spec_of(text: str) -> str:
    """The spec of an entry of the menu, or of what was typed: a browser may send the text of an entry that is gone."""
    spec = text[text.find(" · /") + 3 :]
    return spec if text == option_text(spec) else text.strip()


def dataset() -> DatasetChoice:
    """Draw the choice.

    Raises:
        SegcoreError: there is no such dataset.
    """
    spec = place()
    splits = dataset_splits(spec)
    return DatasetChoice(spec, _split(splits), splits)


def place() -> str:
    """Draw the choice of a dataset without its splits.

    Raises:
        BadDataset: the server's owner does not allow its folder.
    """
    requested = state.requested("data")
    if requested:
        state.set_widget(SPEC, requested)
    elif not state.widget(SPEC):
        state.set_widget(SPEC, FIRST)
    elif state.widget(SPEC) != spec_of(state.widget(SPEC)):
        state.set_widget(SPEC, spec_of(state.widget(SPEC)))
    options = list(dict.fromkeys([*known(), str(state.widget(SPEC))]))

    def menu() -> str | None:
        chosen: str | None = st.selectbox(
            t("data.choose"), options, format_func=option_text, key=SPEC, help=t("data.choose.help"),
            accept_new_options=True, persist_state="session",
        )  # fmt: skip
        return chosen

    def take(spec: str) -> None:
        state.set_widget(SPEC, spec)
        dataset_panel.close(SPEC)

    spec = full_spec(spec_of(str(_with_panel(SPEC, menu, take) or FIRST)))
    state.set_address(data=spec)
    require_allowed(spec)
    _remember(SPEC, [spec])
    return spec


def places(key: str, *, label: str, help: str) -> None:
    """Draw the choice of several datasets; their specs are the value of the widget ``key``, a list."""
    chosen = [spec_of(each) for each in state.widget(key) or []]
    if chosen != (state.widget(key) or []):
        state.set_widget(key, chosen)
    options = list(dict.fromkeys([*known(), *chosen]))

    def menu() -> list[str]:
        return st.multiselect(
            label, options, format_func=option_text, key=key, help=help, accept_new_options=True,
            placeholder=t("train.places"), persist_state="session",
        )  # fmt: skip

    def take(spec: str) -> None:
        state.set_widget(key, list(dict.fromkeys([*(state.widget(key) or []), spec])))

    specs = [spec_of(each) for each in _with_panel(key, menu, take) or []]
    for spec in specs:
        dataset_thumbnails.draw_summary(spec, name="" if len(specs) < 2 else Path(spec).name)
    _remember(key, specs)


def _with_panel(key: str, menu: Callable[[], Chosen], take: Callable[[str], None]) -> Chosen:
    """Draw every zip that waits, the menu, the button beside it, and the panel that the button opens."""
    dataset_upload.waiting(key, take)
    with st.container(horizontal=True, vertical_alignment="bottom", key=f"{key}.row"):
        chosen = menu()
        dataset_panel.button(key)
    dataset_panel.show(key, known(), take)
    return chosen


def _remember(key: str, specs: Sequence[str]) -> None:
    """Remember chosen data that can be opened, once a choice."""
    if state.changed(f"{key}.remembered", list(specs)):
        for spec in specs:
            with suppress(SegcoreError):  # the page states why it cannot be opened
                require_allowed(spec)
                dataset_splits(spec)
                remember_data(spec)


def _split(splits: tuple[str, ...]) -> str | None:
    if not splits:
        return None
    state.choose_widget("data.split", splits, splits[0])
    chosen = st.segmented_control(t("data.split"), splits, required=True, key="data.split", persist_state="session")
    return chosen or splits[0]
