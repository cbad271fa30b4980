"""Choose a dataset and one of its splits → plain values that stand in the address."""

from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from segcore import paths
from segcore.data import dataset_folder, dataset_splits, full_spec, named_datasets
from ui import state
from ui.text import t

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
    """Registered names, and folders that were uploaded, downloaded or repaired."""
    own = sorted(str(each) for each in paths.data_dir().glob("[!.]*") if each.is_dir())
    return [FIRST, *(name for name in named_datasets() if name != "shapes"), *own]


def dataset() -> DatasetChoice:
    """Draw the choice.

    Raises:
        SegcoreError: there is no such dataset.
    """
    left, right = st.columns([7, 5], vertical_alignment="bottom")
    with left:
        spec = place()
    splits = dataset_splits(spec)
    with right:
        chosen = _split(splits)
    return DatasetChoice(spec, chosen, splits)


def place() -> str:
    """Draw the choice of a dataset without its splits."""
    requested = state.requested("data")
    if requested:
        state.set_widget(SPEC, requested)
    elif not state.widget(SPEC):
        state.set_widget(SPEC, FIRST)
    options = list(dict.fromkeys([*known(), str(state.widget(SPEC))]))
    spec = st.selectbox(
        t("data.choose"),
        options,
        key=SPEC,
        help=t("data.choose.help"),
        accept_new_options=True,
        persist_state="session",
    )
    spec = full_spec(str(spec or FIRST).strip())
    state.set_address(data=spec)
    return spec


def _split(splits: tuple[str, ...]) -> str | None:
    if not splits:
        return None
    state.choose_widget("data.split", splits, splits[0])
    chosen = st.segmented_control(t("data.split"), splits, required=True, key="data.split", persist_state="session")
    return chosen or splits[0]
