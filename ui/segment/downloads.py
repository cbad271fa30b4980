"""Files to download: of the photo on the screen, or of all own photos in one zip.

Files are encoded when their button is pressed, not when it is drawn.
"""

import io
import zipfile
from collections.abc import Callable
from functools import partial

import streamlit as st

from segcore.errors import SegcoreError
from segcore.inference import coco_json, colour_png, csv_table, label_png, overlay_png, safe_stem
from segcore.types import Image, Prediction
from ui import cache
from ui.segment_request import SegmentRequest
from ui.text import plain, t
from ui.widgets import download_button, photos
from ui.widgets.photos import OwnPhoto

Make = Callable[[Image, Prediction], str | bytes]

FILES: dict[str, tuple[str, str, Make]] = {
    "labels": ("_labels.png", "image/png", lambda _, prediction: label_png(prediction)),
    "colours": ("_colours.png", "image/png", lambda _, prediction: colour_png(prediction)),
    "overlay": ("_overlay.png", "image/png", lambda image, prediction: overlay_png(image.rgb, prediction)),
    "rle": ("_coco.json", "application/json", lambda image, prediction: coco_json({image.name: prediction})),
    "polygons": (
        "_polygons.json",
        "application/json",
        lambda image, prediction: coco_json({image.name: prediction}, form="polygons"),
    ),
    "table": ("_classes.csv", "text/csv", lambda image, prediction: csv_table({image.name: prediction})),
}
"""By the name of the text on the button: the ending of the file name, its media type, and its encoder."""


def one(image: Image, prediction: Prediction) -> None:
    """A button for each kind of file."""
    with st.container(horizontal=True, gap="small", key="download_one"):
        for kind, (ending, mime, make) in FILES.items():
            download_button.draw(
                t(f"segment.download.{kind}"),
                partial(make, image, prediction),
                safe_stem(image.name) + ending,
                mime,
                help=t(f"segment.download.{kind}.help"),
                key=f"download_{kind}",
            )


def all_photos(request: SegmentRequest) -> None:
    """With two own photos or more: segment them all, with progress, then download one zip."""
    own, icon = photos.own(), ":material/folder_zip:"
    if len(own) < 2:
        return
    make = partial(_zip, list(own.values()), request)
    label = t("segment.zip.make", count=len(own))
    made = download_button.prepared(make, f"{list(own)} {request}", label, key="zip_make", icon=icon)
    if made is not None:
        label = t("segment.zip.download", size=f"{len(made) / 1e6:.1f}")
        download_button.draw(
            label, made, "segcore.zip", "application/zip", key="zip_download", icon=icon, type="primary"
        )


def _zip(own: list[OwnPhoto], request: SegmentRequest) -> bytes:
    """All files of all photos, a folder each; errors are listed in problems.txt."""
    buffer = io.BytesIO()
    problems: list[str] = []
    progress = st.progress(0.0)
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for done, photo in enumerate(own):
            progress.progress(
                done / len(own), text=t("segment.zip.progress", done=done + 1, count=len(own), name=plain(photo.name))
            )
            try:
                image = photo.decoded()
                prediction = cache.segment(image, request)
            except SegcoreError as error:
                problems.append(f"{photo.name}: {error}")
                continue
            name = safe_stem(photo.name)
            for ending, _, make in FILES.values():  # a folder each, numbered: two photos may have the same name
                archive.writestr(f"{done + 1:02d}_{name}/{name}{ending}", make(image, prediction))
        if problems:
            archive.writestr("problems.txt", "\n".join(problems) + "\n")
    progress.empty()
    return buffer.getvalue()
