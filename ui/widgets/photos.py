"""Choose a photo: own ones by upload or camera, or one of the samples.

The uploader is an inbox: what arrives is read, kept in the visitor's state and the uploader is emptied. So own photos
survive a change of page (an uploader's content does not), and one strip shows them all.
"""

import hashlib
from collections.abc import Callable

import streamlit as st

from segcore.data import read_image, sample_photos
from segcore.errors import BadImage
from segcore.pictures import square_thumbnail
from segcore.types import Image
from ui import cache, state
from ui.api import routes
from ui.text import plain, speak, t, t_count, translated

MAX_PHOTOS = 50
MAX_BYTES = 400 * 10**6
"""What one visitor may keep here at a time: the photos lie in the server's memory."""

INBOX = "segment.inbox"
TYPES = ["jpg", "jpeg", "png", "webp", "tif", "tiff", "bmp", "gif"]


def photo() -> Image:
    """Draw the choice and return the photo to look at: the sample cat until somebody chooses."""
    inbox(INBOX, t("segment.upload"), arrived=state.select)
    _camera()
    with st.container():  # these two keep their places when empty, so that what follows them is not drawn anew
        problems()
    chosen = _chosen()
    own = state.photos()
    with st.container():
        if own:
            _strip(chosen)
    _samples(chosen)
    state.remember_in_address(sample=chosen if chosen in sample_photos.SAMPLES else None)
    return cache.image(chosen, own[chosen].name, own[chosen].data) if chosen in own else cache.sample(chosen)


def _chosen() -> str:
    """The photo or sample to look at; where there is no choice, or one that is gone, the first sample."""
    wished = state.wish("sample")
    if wished in sample_photos.SAMPLES:
        state.select(str(wished))
    chosen = state.selected()
    return chosen if chosen in state.photos() or chosen in sample_photos.SAMPLES else sample_photos.FIRST


def inbox(name: str, label: str, arrived: Callable[[str], None]) -> None:
    """Draw an uploader whose photos go to the visitor's own ones.

    Args:
        name: of the uploader, as in `state.fresh_key`.
        label: over it.
        arrived: gets the image_id of the first photo that could be read.
    """
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


def problems() -> None:
    """Sentences about files that could not be used."""
    for sentence in state.problems():
        st.error(plain(translated(sentence)), icon=":material/error:")


def _camera() -> None:
    with st.popover(t("segment.camera"), icon=":material/photo_camera:", width="stretch", on_change="rerun") as camera:
        if camera.open:  # a camera that nobody asked for must not ask for permission
            st.camera_input(
                t("segment.camera"), key="segment.camera", label_visibility="collapsed", on_change=_receive_camera
            )


def _receive(name: str, key: str, arrived: Callable[[str], None]) -> None:
    """Callback of an uploader: read every file; those that cannot be read become sentences."""
    speak(state.language())  # a callback runs before the script, which would say so
    _take_in([(file.name, file.getvalue()) for file in state.widget(key) or []], arrived)
    state.empty_widget(name)


def _receive_camera() -> None:
    speak(state.language())
    shot = state.widget("segment.camera")
    if shot is not None:
        _take_in([(t("segment.camera.name"), shot.getvalue())], state.select)


def _take_in(files: list[tuple[str, bytes]], arrived: Callable[[str], None]) -> None:
    """Keep the photos that can be read and look at the first of them; the others become sentences."""
    photos = state.photos()
    problems: list[str] = []
    read: list[str] = []
    for name, data in files:
        image_id = hashlib.sha256(data).hexdigest()
        kept = sum(len(photo.data) for photo in photos.values())
        if image_id not in photos and (len(photos) >= MAX_PHOTOS or kept + len(data) > MAX_BYTES):
            problems.append(t("segment.too_many", name=name, count=MAX_PHOTOS, size=MAX_BYTES // 10**6))
            continue
        try:
            read_image(data, name=name)
        except BadImage as error:
            problems.append(error.message)
            continue
        photos[image_id] = state.Photo(image_id, name, data)
        read.append(image_id)
    if read:
        arrived(read[0])
    state.set_problems(problems)


def _look_at(choice: str) -> None:
    """Callback: another photo or sample; sentences about files that were refused have been read by then."""
    state.select(choice)
    state.set_problems([])


def _remove(image_id: str) -> None:
    """Callback: forget a photo and its ground truth; the one before it is looked at next."""
    photos = state.photos()
    order = list(photos)
    before = order[max(0, order.index(image_id) - 1)]
    del photos[image_id]
    state.truths().pop(image_id, None)
    state.select(before if before in photos else next(iter(photos), sample_photos.FIRST))


def _strip(chosen: str) -> None:
    """Own photos as a row of thumbnails, and the way to forget the one that is looked at."""
    own = state.photos()
    with st.container(horizontal=True, vertical_alignment="center", key="strip_head"):
        st.markdown(t_count("segment.own", len(own)))
        if chosen in own:
            st.button(
                t("segment.remove"),
                type="tertiary",
                icon=":material/close:",
                on_click=_remove,
                args=(chosen,),
                key="remove",
            )
    thumbnails = {image_id: _thumbnail(photo) for image_id, photo in own.items()}
    _tiles("own", {image_id: (own[image_id].name, url) for image_id, url in thumbnails.items()}, chosen)


def _thumbnail(photo: state.Photo) -> str:
    return routes.publish(
        f"thumbnail {photo.image_id}",
        lambda: square_thumbnail(cache.image(photo.image_id, photo.name, photo.data).rgb, 128),
        "image/jpeg",
    )


def _samples(chosen: str) -> None:
    st.markdown(t("segment.samples"))
    _tiles("sample", {name: (t(f"sample.{name}"), f"/api/samples/{name}") for name in sample_photos.SAMPLES}, chosen)


def _tiles(group: str, tiles: dict[str, tuple[str, str]], chosen: str) -> None:
    """A grid of pictures to press. Each is a real button (keyboard, screen reader) whose face is a picture.

    Args:
        group: prefix of the keys.
        tiles: by the value that a press selects: the label, and the address of the picture.
        chosen: which is pressed now.
    """
    keys = {name: f"{group}_{name[:16]}" for name in tiles}
    faces = "\n".join(
        f".st-key-{keys[name]} button {{ background-image: url({url}); }}" for name, (_, url) in tiles.items()
    )
    st.html(f"<style>{faces}</style>")
    with st.container(horizontal=True, key=f"tiles_{group}", gap="xsmall"):
        for name, (label, _) in tiles.items():
            st.button(
                plain(label),
                key=keys[name],
                type="primary" if name == chosen else "secondary",
                on_click=_look_at,
                args=(name,),
            )
