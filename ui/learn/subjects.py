"""A photo and a checkpoint of one's own, as controls of a lesson. Their values are names, so they can be cached by."""

from dataclasses import dataclass

import streamlit as st

from segcore.checkpoint import CheckpointRef, list_checkpoints, load_card
from segcore.errors import NotAvailable
from segcore.types import Image
from ui import cache, samples, state
from ui.choices import FAVOURITE
from ui.segment import gallery
from ui.text import t


@dataclass(frozen=True)
class Photo:
    """A sample, or a photo that the visitor gave here or on the Segment page."""

    name: str = "photo"
    default: str = samples.FIRST

    def read(self, text: str) -> str:
        """The name of a sample; own photos are in no address."""
        if text not in samples.SAMPLES:
            raise ValueError(text)
        return text

    def write(self, value: str) -> str:
        """The name of a sample; empty for an own photo, which no link can carry."""
        return value if value in samples.SAMPLES else ""

    def draw(self, lesson: str, key: str) -> None:
        """A menu of photos, and an inbox for more."""
        own = state.photos()
        if state.widget(key) not in (*own, *samples.SAMPLES):  # an own photo that was removed
            state.set_widget(key, self.default)
        st.selectbox(
            t("learn.photo"),
            [*own, *samples.SAMPLES],
            format_func=lambda choice: own[choice].name if choice in own else t(f"sample.{choice}"),
            key=key,
            persist_state="session",
        )
        gallery.inbox(f"learn.{lesson}.inbox", t("learn.photo.add"), arrived=lambda image: state.set_widget(key, image))
        gallery.problems()


@dataclass(frozen=True)
class Network:
    """A checkpoint that is on this computer: shipped, kept from a run, or added."""

    name: str = "network"
    default: str = FAVOURITE

    def read(self, text: str) -> str:
        """The name of a checkpoint that is here."""
        if text not in _here():
            raise ValueError(text)
        return text

    def write(self, value: str) -> str:
        """Its name."""
        return value

    def draw(self, lesson: str, key: str) -> None:
        """A menu."""
        here = _here()
        if state.widget(key) not in here and here:
            state.set_widget(key, next(iter(here)))
        st.selectbox(
            t("learn.network"),
            list(here),
            format_func=lambda name: load_card(here[name].path).title,
            key=key,
            persist_state="session",
        )


def image(choice: str) -> Image:
    """The photo that a `Photo` control names."""
    own = state.photos()
    return cache.image(choice, own[choice].name, own[choice].data) if choice in own else cache.sample(choice)


def reference(choice: str) -> CheckpointRef:
    """The checkpoint that a `Network` control names.

    Raises:
        NotAvailable: it is not here (any more).
    """
    here = _here()
    if choice not in here:
        raise NotAvailable(t("learn.no_network", name=choice))
    return here[choice]


def _here() -> dict[str, CheckpointRef]:
    return {ref.name: ref for ref, _ in list_checkpoints()}
