"""The visitor's own photos: uploaded, kept for some hours, and found again by the address after a reload.

The uploader is an inbox: files are read and kept in the visitor's album, then the uploader is emptied. So the photos
survive a change of page, which the content of an uploader does not.
"""

import hashlib
from collections.abc import Callable

import streamlit as st

from segcore.checkpoint import CheckpointCard
from segcore.data import PHOTO_SUFFIXES, sample_photos
from segcore.errors import BadImage
from segcore.types import Image, LabelMap
from ui import cache, state
from ui.components import shortcuts
from ui.text import plain, speak, t, translated
from ui.widgets import albums
from ui.widgets.albums import Album, OwnPhoto

MAX_PHOTOS = 50
MAX_BYTES = 400 * 10**6
"""Limits of one visitor: the photos are in the server's memory."""

TYPES = [suffix.removeprefix(".") for suffix in PHOTO_SUFFIXES]

_SHORTEST_ID = 12
"""Digits of an image_id in the address."""


def album() -> Album:
    """The visitor's album."""
    kept: Album = state.get("segment.album", Album())
    return kept


def own() -> dict[str, OwnPhoto]:
    """The visitor's photos by image_id, in the order of their arrival."""
    return album().photos


def truths() -> dict[str, LabelMap]:
    """Ground truth by image_id."""
    return album().truths


def numberings() -> dict[str, dict[int, str]]:
    """By image_id, the class of each value of the ground truth, "" for ignored; nothing where the numbers are ids."""
    return album().numberings


def restore() -> None:
    """Take the album of the address, as after a reload; `problems` shows that it is gone, if it is."""
    token, wanted = state.requested("photos"), state.requested("photo")
    if token is not None and token != album().token:
        found = albums.find(token)
        if found is not None:
            state.put("segment.album", found)
        state.put("segment.gone", found is None)
        if found is not None and found.photos and state.address("sample") is None:
            state.put("segment.selected", next(iter(found.photos)))
    for image_id in own():
        if wanted and len(wanted) >= _SHORTEST_ID and image_id.startswith(wanted):
            state.put("segment.selected", image_id)


def write_address() -> None:
    """Keep the album and write its token and the selected photo to the address; nothing without photos."""
    chosen = selected()
    if own():
        albums.keep(album())
    state.set_address(photos=album().token if own() else None, photo=chosen[:_SHORTEST_ID] if chosen in own() else None)


def selected() -> str:
    """The selected photo of the Segment page, by the image_id of an own photo or the name of a sample."""
    choice: str = state.get("segment.selected", sample_photos.FIRST)
    return choice if choice in own() or choice in sample_photos.SAMPLES else sample_photos.FIRST


def select(choice: str) -> None:
    """Select a photo or sample for the Segment page, and drop the messages about refused files."""
    state.put("segment.selected", choice)
    state.put("segment.problems", [])
    state.put("segment.gone", False)


def neighbour(choice: str, step: int) -> str:
    """The photo ``step`` places after this one, in a circle among the own photos, or among the samples."""
    row = list(own()) if choice in own() else list(sample_photos.SAMPLES)
    return row[(row.index(choice) + step) % len(row)]


def image(choice: str) -> Image:
    """The photo of an image_id of an own photo, or of the name of a sample."""
    photo = own().get(choice)
    return cache.sample(choice) if photo is None else photo.decoded()


def for_network(photo: Image, card: CheckpointCard | None) -> Image:
    """A photo as the network of a card reads it: values of more than 8 bits by the range of its training images."""
    kept = own().get(photo.image_id)
    return photo if kept is None or card is None or card.value_range is None else kept.decoded(card)


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
    st.caption(t("segment.upload.ways"))
    shortcuts.listen(uploader=key, key=f"{name}.shortcuts")


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
    """Show an error for each file of the last upload that could not be used, and whether the album is gone."""
    if state.get("segment.gone", False):
        st.warning(t("segment.gone", hours=albums.KEPT_HOURS), icon=":material/hourglass_disabled:")
    for message in state.get("segment.problems", list[str]()):
        st.error(plain(translated(message)), icon=":material/error:")


def remove(image_id: str) -> None:
    """Forget a photo and its ground truth, and select the one before it."""
    photos = own()
    order = list(photos)
    before = order[max(0, order.index(image_id) - 1)]
    _forget(image_id)
    select(before if before in photos else next(iter(photos), sample_photos.FIRST))


def remove_all() -> None:
    """Forget all photos and their ground truth, and select the first sample."""
    for image_id in list(own()):
        _forget(image_id)
    select(sample_photos.FIRST)


def _forget(image_id: str) -> None:
    for kept in (own(), truths(), numberings()):
        kept.pop(image_id, None)
