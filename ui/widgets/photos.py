"""The visitor's own photos: uploaded, kept for the session, and forgotten with it.

The uploader is an inbox: files are read and kept in the visitor's state, then the uploader is emptied. So the photos
survive a change of page, which the content of an uploader does not.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from segcore.data import PHOTO_SUFFIXES, sample_photos
from segcore.errors import BadImage
from segcore.types import Image, LabelMap
from ui import cache, state
from ui.text import plain, speak, t, translated

MAX_PHOTOS = 50
MAX_BYTES = 400 * 10**6
"""Limits of one visitor: the photos are in the server's memory."""

TYPES = [suffix.removeprefix(".") for suffix in PHOTO_SUFFIXES]


@dataclass(frozen=True)
class OwnPhoto:
    """A photo of the visitor, still encoded: ten decoded phone photos would take half a gigabyte."""

    image_id: str  # sha256 of the data
    name: str  # of the file on the visitor's system. Text, never HTML or Markdown
    data: bytes

    def decoded(self) -> Image:
        """The pixels, from the cache. Raises BadImage."""
        return cache.image(self.image_id, self.name, self.data)


def own() -> dict[str, OwnPhoto]:
    """The visitor's photos by image_id, in the order of their arrival."""
    return state.get("segment.photos", {})


def truths() -> dict[str, LabelMap]:
    """Ground truth by image_id."""
    return state.get("segment.truths", {})


def selected() -> str:
    """The selected photo of the Segment page, by the image_id of an own photo or the name of a sample."""
    choice: str = state.get("segment.selected", sample_photos.FIRST)
    return choice if choice in own() or choice in sample_photos.SAMPLES else sample_photos.FIRST


def select(choice: str) -> None:
    """Select a photo or sample for the Segment page, and drop the messages about refused files."""
    state.put("segment.selected", choice)
    state.put("segment.problems", [])


def image(choice: str) -> Image:
    """The photo of an image_id of an own photo, or of the name of a sample."""
    photo = own().get(choice)
    return cache.sample(choice) if photo is None else photo.decoded()


def inbox(name: str, label: str, arrived: Callable[[str], None]) -> None:
    """Draw an uploader, named as in `state.fresh_key`, whose photos become the visitor's own; see `add`."""
    key = state.fresh_key(name)
    st.file_uploader(
        label,
        type=TYPES,
        accept_multiple_files=True,
        key=key,
        help=t("segment.upload.help"),
        on_change=_receive,
        args=(name, key, arrived),
    )


def _receive(name: str, key: str, arrived: Callable[[str], None]) -> None:
    speak(state.language())  # a callback runs before the script, which would do so
    add([(file.name, file.getvalue()) for file in state.widget(key) or []], arrived)
    state.empty_widget(name)


def add(files: list[tuple[str, bytes]], arrived: Callable[[str], None]) -> None:
    """Keep the photos that can be read, from names and contents; each of the others leaves an error message.

    ``arrived`` is called with the image_id of the first photo that could be read.
    """
    photos, read, problems = own(), list[str](), list[str]()
    for name, data in files:
        image_id = hashlib.sha256(data).hexdigest()
        kept = sum(len(photo.data) for photo in photos.values())
        if image_id not in photos and (len(photos) >= MAX_PHOTOS or kept + len(data) > MAX_BYTES):
            problems.append(t("segment.too_many", name=name, count=MAX_PHOTOS, size=MAX_BYTES // 10**6))
            continue
        photo = OwnPhoto(image_id, name, data)
        try:
            photo.decoded()  # only here: the page finds the pixels in the cache
        except BadImage as error:
            problems.append(error.message)
            continue
        photos[image_id] = photo
        read.append(image_id)
    if read:
        arrived(read[0])
    state.put("segment.problems", problems)


def problems() -> None:
    """Show an error for each file of the last upload that could not be used."""
    for message in state.get("segment.problems", list[str]()):
        st.error(plain(translated(message)), icon=":material/error:")


def remove(image_id: str) -> None:
    """Forget a photo and its ground truth, and select the one before it."""
    photos = own()
    order = list(photos)
    before = order[max(0, order.index(image_id) - 1)]
    del photos[image_id]
    truths().pop(image_id, None)
    select(before if before in photos else next(iter(photos), sample_photos.FIRST))
