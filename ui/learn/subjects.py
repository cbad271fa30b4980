"""A photo and a checkpoint of one's own, as controls of a lesson. Their values are names, so they can be cached by."""

from dataclasses import dataclass

import streamlit as st

from segcore.checkpoint import CheckpointRef, Task, list_checkpoints, load_card
from segcore.data import sample_photos
from segcore.errors import NotAvailable
from segcore.models import CLASSIFIERS, MODELS
from segcore.types import Image
from ui import state
from ui.segment_request import FAVOURITE
from ui.text import t
from ui.widgets import photos, pickers


@dataclass(frozen=True)
class Photo:
    """A sample, or a photo that the visitor gave here or on the Segment page."""

    name: str = "photo"
    default: str = sample_photos.FIRST

    def read(self, text: str) -> str:
        """The name of a sample; own photos are in no address."""
        if text not in sample_photos.SAMPLES:
            raise ValueError(text)
        return text

    def write(self, value: str) -> str:
        """The name of a sample; empty for an own photo, which no link can carry."""
        return value if value in sample_photos.SAMPLES else ""

    def draw(self, lesson: str, key: str) -> None:
        """A menu of photos, and an inbox for more."""
        own = photos.own()
        if state.widget(key) not in (*own, *sample_photos.SAMPLES):  # an own photo that was removed
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
class Network:
    """A checkpoint that is on this computer: shipped, kept from a run, or added.

    Attributes:
        name: of the control.
        default: a checkpoint; where it is not here, the first that fits.
        architecture: only checkpoints of this one fit; empty: all do.
    """

    name: str = "network"
    default: str = FAVOURITE
    architecture: str = ""

    def read(self, text: str) -> str:
        """The name of a checkpoint that is here, or of the one that should be."""
        if text != self.default and text not in _here(self.architecture):
            raise ValueError(text)
        return text

    def write(self, value: str) -> str:
        """Its name."""
        return value

    def draw(self, lesson: str, key: str) -> None:
        """A menu."""
        here = _here(self.architecture)
        if not here and self.architecture in CLASSIFIERS:  # the lesson can train one
            return
        if state.widget(key) not in here and here:
            state.set_widget(key, next(iter(here)))
        st.selectbox(
            t("learn.classifier") if self.architecture in CLASSIFIERS else t("learn.network"),
            list(here),
            format_func=lambda name: load_card(here[name].path).title,
            key=key,
            persist_state="session",
        )
        if self.architecture not in CLASSIFIERS:
            pickers.left_out()


def image(choice: str) -> Image:
    """The photo that a `Photo` control names."""
    return photos.image(choice)


def reference(choice: str, architecture: str = "") -> CheckpointRef:
    """The checkpoint that a `Network` control names; where it is not here, the first that fits.

    Args:
        choice: the control's value.
        architecture: of the control; where there is one, ``choice`` is only a wish.

    Raises:
        NotAvailable: it is not here (any more), or none of the architecture is.
    """
    here = _here(architecture)
    if choice in here:
        return here[choice]
    if architecture and here:
        return next(iter(here.values()))
    if architecture:
        raise NotAvailable(t("learn.no_architecture", architecture=(MODELS | CLASSIFIERS)[architecture].title))
    raise NotAvailable(t("learn.no_network", name=choice))


def _here(architecture: str = "") -> dict[str, CheckpointRef]:
    task: Task = "classification" if architecture in CLASSIFIERS else "semantic"
    return {ref.name: ref for ref, card in list_checkpoints(task) if architecture in ("", card.architecture)}
