"""Photo and checkpoint as controls of a lesson. Their values are names, so that results can be cached by them."""

from dataclasses import dataclass

import streamlit as st

from segcore.checkpoint import CheckpointRef, Task, list_checkpoints, load_card
from segcore.data import sample_photos
from segcore.errors import NotAvailable
from segcore.models import CLASSIFIERS, MODELS
from segcore.types import Image
from ui import cache, state
from ui.known_names import model_title
from ui.learn.controls import Control
from ui.segment_request import FAVOURITE
from ui.text import t
from ui.widgets import photos, pickers


@dataclass(frozen=True)
class PhotoControl(Control):
    """A sample photo, or one that the visitor uploaded here or on the Segment page."""

    name: str = "photo"
    default: str = sample_photos.FIRST

    def read(self, text: str) -> str:
        """Return the name of a sample; uploaded photos are in no address."""
        if text not in sample_photos.SAMPLES:
            raise ValueError(text)
        return text

    def write(self, value: str) -> str:
        """Return the name of a sample; empty for an uploaded photo, which no link can carry."""
        return value if value in sample_photos.SAMPLES else ""

    def draw(self, lesson: str, key: str) -> None:
        """Draw a menu of photos and an uploader."""
        own = photos.own()
        if state.widget(key) not in (*own, *sample_photos.SAMPLES):  # an uploaded photo that was removed
            state.set_widget(key, self.default)
        st.selectbox(
            t("learn.photo"),
            [*own, *sample_photos.SAMPLES],
            format_func=lambda choice: own[choice].name if choice in own else t(f"sample.{choice}"),
            key=key,
            persist_state="session",
        )
        photos.inbox(f"learn.{lesson}.inbox", t("learn.photo.add"), arrived=lambda image: state.set_widget(key, image))
        photos.problems()


@dataclass(frozen=True)
class CheckpointControl(Control):
    """A checkpoint on this computer: shipped, kept from a run, or added."""

    name: str = "network"
    default: str = FAVOURITE  # if it is missing, the first that fits is used
    architecture: str = ""  # required of the checkpoint; empty: any

    def read(self, text: str) -> str:
        """Return the name of an existing checkpoint, or the default."""
        if text != self.default and text not in _available(self.architecture):
            raise ValueError(text)
        return text

    def draw(self, lesson: str, key: str) -> None:
        """Draw a menu."""
        available = _available(self.architecture)
        is_classifier = self.architecture in CLASSIFIERS
        if not available and is_classifier:  # the lesson can train one
            return
        if state.widget(key) not in available and available:
            state.set_widget(key, next(iter(available)))
        st.selectbox(
            t("learn.classifier") if is_classifier else t("learn.network"),
            list(available),
            format_func=lambda name: model_title(load_card(available[name].path).title),
            key=key,
            persist_state="session",
        )
        if not is_classifier:
            pickers.left_out()


def image(choice: str) -> Image:
    """Return the photo of a `PhotoControl` with this value."""
    return cache.sample(choice) if choice in sample_photos.SAMPLES else photos.image(choice)


def sample_name(choice: str) -> str:
    """Return the photo's name if it is a sample, else the first sample, which every link and code can name."""
    return choice if choice in sample_photos.SAMPLES else sample_photos.FIRST


def reference(choice: str, architecture: str = "") -> CheckpointRef:
    """Return the checkpoint of a `CheckpointControl` with this value; if it is missing, the first of the architecture.

    Raises:
        NotAvailable: the checkpoint, or any of the architecture, is missing.
    """
    available = _available(architecture)
    if choice in available:
        return available[choice]
    if not architecture:
        raise NotAvailable(t("learn.no_network", name=choice))
    if not available:
        raise NotAvailable(t("learn.no_architecture", architecture=(MODELS | CLASSIFIERS)[architecture].title))
    return next(iter(available.values()))


def _available(architecture: str = "") -> dict[str, CheckpointRef]:
    task: Task = "classification" if architecture in CLASSIFIERS else "semantic"
    return {ref.name: ref for ref, card in list_checkpoints(task) if architecture in ("", card.architecture)}
