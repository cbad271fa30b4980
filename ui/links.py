"""Addresses of pages by what they show: rooms refer to each other with these links and never import each other.

links.run("unet-shapes-a3f9").draw("Open the run", icon=":material/monitoring:")
links.train_like(run.name, {"learning_rate": 1e-4}).open()
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import streamlit as st

from segcore.runs import address
from ui import state

PAGES = Path(__file__).resolve().parent.parent / "pages"

LESSONS = (
    "tasks", "convolution", "downsampling", "upsampling", "receptive_field", "logits", "skips", "families", "boxes",
    "losses", "descent", "overfitting", "augmentation", "metrics", "stress", "why",
)  # fmt: skip
"""Names of the lessons in their order: the number of a lesson is its place here."""
CAPSTONE = "capstone"
"""In the address, where a lesson's name stands."""


@dataclass(frozen=True)
class PageLink:
    """A page with the query of its address."""

    page: str  # name of the file in pages/, without its ending
    query: Mapping[str, str] = field(default_factory=dict)

    @property
    def path(self) -> Path:
        """The file of the page."""
        return PAGES / f"{self.page}.py"

    @property
    def url(self) -> str:
        """The address, relative to that of any other page, for links in HTML; the language stays the same."""
        language = state.address("lang")
        query = {**self.query, **({"lang": language} if language else {})}
        return f"{self.page}?{urlencode(query)}" if query else self.page

    def draw(self, label: str, *, icon: str | None = ":material/arrow_forward:", help: str | None = None) -> None:
        """Draw the link."""
        st.page_link(self.path, label=label, icon=icon, help=help, query_params=dict(self.query))

    def open(self) -> None:
        """Switch to the page; the script of the present page ends here."""
        st.switch_page(self.path, query_params=dict(self.query))


def segment(model: str | None = None) -> PageLink:
    """The Segment page, with a checkpoint chosen."""
    return PageLink("segment", {} if model is None else {"model": model})


def lesson(name: str, **settings: str) -> PageLink:
    """A lesson, with some of its controls set."""
    return PageLink("learn", {"lesson": name, **settings})


def lesson_number(name: str) -> int:
    """The number of a lesson, from 1."""
    return LESSONS.index(name) + 1


def glossary() -> PageLink:
    """The glossary of the lessons."""
    return PageLink("glossary")


def lessons() -> PageLink:
    """All lessons at a glance."""
    return PageLink("learn")


def capstone() -> PageLink:
    """The capstone of the lessons."""
    return lesson(CAPSTONE)


def classifier_lesson(checkpoint: str) -> PageLink:
    """The lesson that turns a classifier into a segmenter, with a checkpoint chosen."""
    return lesson("families", part="classifier", classifier=checkpoint)


def train(preset: str | None = None) -> PageLink:
    """The Train page, with the form filled from a preset."""
    return PageLink("train", {} if preset is None else {"preset": preset})


def train_on(dataset: str) -> PageLink:
    """The Train page, with a dataset chosen; a form that was filled before keeps its other fields."""
    return PageLink("train", {"data": dataset})


def train_like(run: str, changes: Mapping[str, Any] | None = None) -> PageLink:
    """The Train page, filled with the settings of a run and these changes."""
    change = {"change": json.dumps(changes, ensure_ascii=False)} if changes else {}
    return PageLink("train", {"like": address(run), **change})


def run(name: str) -> PageLink:
    """The page of a run."""
    return PageLink("runs", {"run": address(name)})


def compare(names: Iterable[str]) -> PageLink:
    """Several runs side by side."""
    return PageLink("runs", {"compare": ",".join(map(address, names))})


def data_doctor(dataset: str) -> PageLink:
    """The check of a dataset."""
    return PageLink("data", {"data": dataset, "view": "doctor"})


def evaluate(model: str, dataset: str | None = None) -> PageLink:
    """The evaluation of a checkpoint, on a dataset."""
    return PageLink("evaluate", {"model": model, **({} if dataset is None else {"data": dataset})})


def evaluate_on(dataset: str) -> PageLink:
    """The evaluation of the checkpoint chosen last, on a dataset."""
    return PageLink("evaluate", {"data": dataset})


def evaluate_run(name: str, dataset: str | None = None) -> PageLink:
    """The evaluation of the best weights of a run, on a dataset."""
    return evaluate(f"run:{address(name)}", dataset)
