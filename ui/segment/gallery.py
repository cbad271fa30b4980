"""Choose a photo: upload, paste, camera, the visitor's own photos, or one of the samples."""

from collections.abc import Callable
from functools import partial

import streamlit as st

from segcore.data import sample_photos
from segcore.palette import overlay
from segcore.pictures import square_thumbnail
from segcore.types import Image, Prediction
from ui import blobs, cache, state
from ui.components import shortcuts
from ui.segment_request import SegmentRequest
from ui.text import plain, speak, t, translated
from ui.widgets import albums, image_strip, photos, pickers
from ui.widgets.albums import OwnPhoto
from ui.widgets.image_strip import Face

INBOX = "segment.inbox"
_THUMBNAIL_PX = 128
_RESULT_PX = 232


def upload() -> Image:
    """Draw the uploader and the camera, and return the selected photo; the sample cat before any choice."""
    photos.restore()
    photos.inbox(INBOX, t("segment.upload"), arrived=photos.select)
    _camera()
    with st.container():  # it keeps its place when empty, so that what follows is not drawn anew
        photos.problems()
    requested = state.requested("sample")
    if requested in sample_photos.SAMPLES:
        photos.select(str(requested))
    chosen = photos.selected()
    state.set_address(sample=chosen if chosen in sample_photos.SAMPLES else None)
    photos.write_address()
    return photos.image(chosen)


def _camera() -> None:
    with st.popover(t("segment.camera"), icon=":material/photo_camera:", width="stretch", on_change="rerun") as camera:
        if camera.open:  # otherwise the browser would ask for permission before the visitor opens the camera
            st.camera_input(
                t("segment.camera"), key="segment.camera", label_visibility="collapsed", on_change=_receive_camera
            )


def _receive_camera() -> None:
    speak(state.language())  # a callback runs before the script, which would do so
    shot = state.widget("segment.camera")
    if shot is not None:
        photos.add([(t("segment.camera.name"), shot.getvalue())], photos.select)


def own() -> None:
    """Draw the visitor's photos as thumbnails."""
    mine = photos.own()
    with st.container(key="own_photos"):  # it keeps its place when empty
        if mine:
            faces = [Face(image_id, _thumbnail(photo), plain(photo.name)) for image_id, photo in mine.items()]
            image_strip.draw(faces, chosen=photos.selected(), on_choose=photos.select, key="own")


def _thumbnail(photo: OwnPhoto) -> str:
    return blobs.publish(
        f"thumbnail {photo.image_id}", lambda: square_thumbnail(photo.decoded().rgb, _THUMBNAIL_PX), "image/jpeg"
    )


def samples() -> None:
    """Draw the samples; folded away once there are photos of the visitor."""
    is_folded = bool(photos.own())
    with st.expander(
        t("segment.samples"), expanded=not is_folded, icon=":material/photo_library:", key=f"samples_{is_folded}"
    ):
        faces = [Face(name, blobs.sample_photo(name), plain(t(f"sample.{name}"))) for name in sample_photos.SAMPLES]
        image_strip.draw(faces, chosen=photos.selected(), on_choose=photos.select, key="sample")


def heading(image: Image) -> None:
    """Draw the name of the photo, and the buttons to the next ones; the arrow keys press them."""
    chosen = photos.selected()
    is_own = chosen in photos.own()
    row = list(photos.own() if is_own else sample_photos.SAMPLES)
    height, width = image.rgb.shape[:2]
    with st.container(horizontal=True, vertical_alignment="center", key="photo_head", gap="small"):
        name = plain(photos.own()[chosen].name if is_own else t(f"sample.{chosen}"))
        place = t("segment.place", at=row.index(chosen) + 1, of=len(row), width=width, height=height)
        kept = t("segment.kept", hours=albums.KEPT_HOURS) if is_own else None
        st.markdown(f"**{name}** :gray[{plain(place)}]", help=kept)
        with st.container(horizontal=True, gap="small", width="content"):  # together, where the name takes a line
            for way, step, icon in (("previous", -1, "chevron_left"), ("next", 1, "chevron_right")):
                st.button(
                    t(f"segment.go.{way}"), key=f"segment.{way}", type="tertiary", disabled=len(row) < 2,
                    help=t(f"segment.go.{way}.help"), icon=f":material/{icon}:",
                    on_click=photos.select, args=(photos.neighbour(chosen, step),),
                )  # fmt: skip
            if is_own:
                _remover(t("segment.remove"), photos.remove, chosen, key="remove", icon=":material/close:")
            if is_own and len(row) > 1:
                _remover(t("segment.remove_all"), photos.remove_all, key="remove_all", icon=":material/delete_sweep:")
    shortcuts.listen(buttons={"ArrowLeft": "segment.previous", "ArrowRight": "segment.next"}, key="segment.shortcuts")
    for note in getattr(image, "notes", ()):  # what was done to the photo while it was read
        st.caption(plain(translated(note)))


def _remover(label: str, on_click: Callable[..., None], *of: str, key: str, icon: str) -> None:
    st.button(label, type="tertiary", icon=icon, on_click=on_click, args=of, key=key)


def results(request: SegmentRequest) -> None:
    """Draw the masks of all own photos that have been computed for a request; a press opens one."""
    faces = []
    card = pickers.card_of(request.model)
    for image_id, photo in photos.own().items():
        image = photo.decoded(card)
        prediction = cache.segmented(image, request)
        if prediction is None:
            continue

        made = partial(_masked, image, prediction)
        url = blobs.publish(f"result {cache.key_of(image, request)}", made, "image/jpeg")
        faces.append(Face(image_id, url, plain(photo.name)))
    if faces:
        image_strip.draw(faces, chosen=photos.selected(), on_choose=photos.select, key="result", style="faces")


def _masked(image: Image, prediction: Prediction) -> bytes:
    return square_thumbnail(overlay(image.rgb, prediction.labels, prediction.colours), _RESULT_PX)
