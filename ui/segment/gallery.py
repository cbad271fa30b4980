"""Choose a photo: upload, camera, the visitor's own photos, or one of the samples."""

import streamlit as st

from segcore.data import sample_photos
from segcore.pictures import square_thumbnail
from segcore.types import Image
from ui import blobs, state
from ui.text import plain, speak, t, t_count
from ui.widgets import image_strip, photos
from ui.widgets.image_strip import Face
from ui.widgets.photos import OwnPhoto

INBOX = "segment.inbox"
_THUMBNAIL_PX = 128


def photo() -> Image:
    """Draw the choice and return the selected photo; the sample cat before any choice."""
    photos.inbox(INBOX, t("segment.upload"), arrived=photos.select)
    _camera()
    with st.container():  # these two keep their places when empty, so that what follows them is not drawn anew
        photos.problems()
    requested = state.requested("sample")
    if requested in sample_photos.SAMPLES:
        photos.select(str(requested))
    chosen = photos.selected()
    with st.container():
        if photos.own():
            _own(chosen)
    _samples(chosen)
    state.set_address(sample=chosen if chosen in sample_photos.SAMPLES else None)
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


def _own(chosen: str) -> None:
    """The visitor's photos as thumbnails, and the button that forgets the selected one."""
    own = photos.own()
    with st.container(horizontal=True, vertical_alignment="center", key="strip_head"):
        st.markdown(t_count("segment.own", len(own)))
        if chosen in own:
            st.button(
                t("segment.remove"),
                type="tertiary",
                icon=":material/close:",
                on_click=photos.remove,
                args=(chosen,),
                key="remove",
            )
    faces = [Face(image_id, _thumbnail(photo), plain(photo.name)) for image_id, photo in own.items()]
    image_strip.draw(faces, chosen=chosen, on_choose=photos.select, key="own")


def _thumbnail(photo: OwnPhoto) -> str:
    return blobs.publish(
        f"thumbnail {photo.image_id}", lambda: square_thumbnail(photo.decoded().rgb, _THUMBNAIL_PX), "image/jpeg"
    )


def _samples(chosen: str) -> None:
    st.markdown(t("segment.samples"))
    faces = [Face(name, blobs.sample_photo(name), plain(t(f"sample.{name}"))) for name in sample_photos.SAMPLES]
    image_strip.draw(faces, chosen=chosen, on_choose=photos.select, key="sample")
