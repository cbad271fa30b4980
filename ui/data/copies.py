"""Images that the doctor found twice, side by side: one row for each group."""

from collections.abc import Sequence
from html import escape
from pathlib import Path

import streamlit as st

from segcore.data import sample_names
from segcore.errors import SegcoreError
from segcore.jobs.start import fingerprint
from ui import cache, state
from ui.text import t, t_count
from ui.widgets import dataset_thumbnails
from ui.widgets.dataset_picker import DatasetChoice

PER_PAGE = 8
"""Groups that are drawn at first."""
MOST = 4
"""Maximum number of images of a group that are drawn."""


def show(choice: DatasetChoice, groups: Sequence[Sequence[str]], *, key: str) -> None:
    """Draw groups of names of the doctor, as of `segcore.data.doctor.job`, as rows of images."""
    shown = int(state.get(f"{key}.shown", PER_PAGE))
    places = _Places(choice)
    rows = "".join(f'<div class="seg-copies">{_row(group, places)}</div>' for group in groups[:shown])
    st.html(f'<div class="seg-groups">{rows}</div>')
    if len(groups) > shown:
        st.button(
            t_count("data.copies.more", len(groups) - shown),
            key=f"{key}.more",
            type="tertiary",
            on_click=lambda: state.put(f"{key}.shown", shown + PER_PAGE),
        )


def _row(group: Sequence[str], places: "_Places") -> str:
    figures = []
    for name in group[:MOST]:
        url = places.url(name)
        image = f'<img src="{url}" alt="" loading="lazy">' if url else ""
        figures.append(f"<figure>{image}<figcaption>{escape(name)}</figcaption></figure>")
    more = f"<p>{escape(t('data.copies.others', count=len(group) - MOST))}</p>" if len(group) > MOST else ""
    return "".join(figures) + more


class _Places:
    """Where the images of a dataset are, by the names that the doctor uses."""

    def __init__(self, choice: DatasetChoice) -> None:
        self._choice = choice
        self._version = str(fingerprint(choice.files))
        self._names: dict[str | None, dict[str, int]] = {}

    def url(self, name: str) -> str | None:
        """Address of the thumbnail of "split/name", "name" or a path in the folder; None if it is not found."""
        head = name.partition("/")[0]
        split = head if head in self._choice.splits else None
        stem = Path(name).stem if Path(name).parent.name == "images" else name.removeprefix(f"{split}/")
        for where in dict.fromkeys((split, None)):
            index = self._of(where).get(stem)
            if index is not None:
                return dataset_thumbnails.address(self._choice.spec, where, self._version, index)
        return None

    def _of(self, split: str | None) -> dict[str, int]:
        if split not in self._names:
            try:
                names = sample_names(cache.dataset(self._choice.spec, split))
            except SegcoreError:
                names = []
            self._names[split] = {name: index for index, name in enumerate(names)}
        return self._names[split]
