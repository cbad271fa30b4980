"""Files to download: of the photo on the screen, or of all own photos in one zip.

Files are encoded when their button is pressed, not when it is drawn.
"""

import io
import zipfile
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from segcore.errors import SegcoreError
from segcore.inference import (
    TOLERANCE_PX,
    BatchFiles,
    coco_json,
    colour_png,
    csv_table,
    cutout_png,
    label_png,
    overlay_png,
    polygon_json,
    safe_stem,
    yolo_classes,
    yolo_text,
)
from segcore.palette import background_id
from segcore.types import Image, Prediction
from ui import cache
from ui.known_names import class_name
from ui.segment import gallery
from ui.segment_request import SegmentRequest
from ui.text import plain, t
from ui.widgets import background, download_button, photos, pickers
from ui.widgets.albums import OwnPhoto
from ui.widgets.background import Report, Work

Make = Callable[[Image, Prediction], str | bytes]

FILES: dict[str, tuple[str, str, Make]] = {
    "labels": ("_labels.png", "image/png", lambda _, prediction: label_png(prediction)),
    "colours": ("_colours.png", "image/png", lambda _, prediction: colour_png(prediction)),
    "overlay": ("_overlay.png", "image/png", lambda image, prediction: overlay_png(image.rgb, prediction)),
    "rle": ("_coco.json", "application/json", lambda image, prediction: coco_json({image.name: prediction})),
    "polygons": (
        "_polygons.json",
        "application/json",
        lambda image, prediction: polygon_json({image.name: prediction}),
    ),
    "yolo": ("_yolo.txt", "text/plain", lambda _, prediction: yolo_text(prediction)),
    "table": ("_classes.csv", "text/csv", lambda image, prediction: csv_table({image.name: prediction})),
}
"""By the name of the text on the button: the ending of the file name, its media type, and its encoder."""

SLOW: dict[str, Callable[[Image, Prediction, Report], str]] = {
    "rle": lambda image, prediction, _: coco_json({image.name: prediction}),
    "polygons": lambda image, prediction, report: polygon_json({image.name: prediction}, on_progress=report),
    "yolo": lambda _, prediction, report: yolo_text(prediction, on_progress=report),
}
"""Files of which a large photo with many components takes many seconds."""

LARGE_PX = 4_000_000
"""Photos with more pixels have files of SLOW made in the background."""

_OF_EACH = ("labels", "colours", "overlay")
"""Files of every photo in the zip; COCO, YOLO and the table are for all of them."""

_ZIP = "segment.zip"


def one(image: Image, prediction: Prediction, request: SegmentRequest) -> None:
    """A button for each kind of file, and the cut-out."""
    is_large, running = prediction.labels.size > LARGE_PX, st.container()
    with st.container(horizontal=True, gap="small", key="download_one"):
        for kind, (ending, mime, make) in FILES.items():
            made: bytes | Callable[[], str | bytes] | None = partial(make, image, prediction)
            if is_large and kind in SLOW:
                made = _slow(kind, image, prediction, request, running)
            if made is None:
                continue
            download_button.draw(
                t(f"segment.download.{kind}"),
                made,
                safe_stem(image.name) + ending,
                mime,
                help=t(f"segment.download.{kind}.help", tolerance=f"{TOLERANCE_PX:g}"),
                key=f"download_{kind}",
            )
    with st.container(horizontal=True, vertical_alignment="bottom", key="download_cutout_row"):
        _cutout(image, prediction)


def _slow(
    kind: str, image: Image, prediction: Prediction, request: SegmentRequest, running: DeltaGenerator
) -> bytes | None:
    """A file that is made in the background once its button is pressed; None until it is there."""
    name, version = f"segment.file.{kind}", cache.key_of(image, request)
    work = background.present(name, version)
    if work is None:
        label, about = t(f"segment.download.{kind}"), t(f"segment.download.{kind}.help", tolerance=f"{TOLERANCE_PX:g}")
        if not st.button(label, help=about, icon=":material/play_arrow:", key=f"make_{kind}"):
            return None
        make = SLOW[kind]
        work = background.work(name, version, lambda report: make(image, prediction, report).encode())
    if work.wait(background.PATIENCE_SECONDS if work.steps == 0 else 0):
        made: bytes = work.result()
        return made
    with running:
        text = t("segment.file.progress", kind=t(f"segment.download.{kind}"))
        background.progress(work, lambda _: text, key=name)
    return None


def _cutout(image: Image, prediction: Prediction) -> None:
    """The photo with a transparent background: of everything that was found, or of one class."""
    found = np.flatnonzero(np.bincount(prediction.labels.ravel(), minlength=len(prediction.classes))).tolist()
    objects = [index for index in found if index != background_id(prediction.classes)]
    if not objects:
        return
    chosen = st.selectbox(
        t("segment.cutout"),
        [None, *objects] if background_id(prediction.classes) is not None and len(objects) > 1 else objects,
        format_func=lambda k: t("segment.cutout.all") if k is None else class_name(prediction.classes[k]),
        key=f"segment.cutout.{prediction.classes[:4]}.{objects}",
        width=220,
    )
    download_button.draw(
        t("segment.cutout.download"),
        partial(_cut, image, prediction, objects if chosen is None else [chosen]),
        f"{safe_stem(image.name)}_cutout.png",
        "image/png",
        help=t("segment.cutout.help"),
        key="download_cutout",
    )


def _cut(image: Image, prediction: Prediction, kept: list[int]) -> bytes:
    return cutout_png(image.rgb, np.isin(prediction.labels, kept))


def all_photos(request: SegmentRequest) -> None:
    """With two own photos or more: segment them all in the background, then show their masks and download one zip."""
    own, icon = photos.own(), ":material/folder_zip:"
    if len(own) < 2:
        return
    version = f"{list(own)} {request}"
    work = background.present(_ZIP, version)
    if work is None:
        pressed = st.button(t("segment.zip.make", count=len(own)), icon=icon, key="zip_make")
        if not pressed:
            return
        work = background.work(_ZIP, version, partial(_zip, list(own.values()), request))
    if not work.wait(background.PATIENCE_SECONDS if work.done == 0 else 0):
        background.progress(work, _progress_text, key=_ZIP)
        return
    made = work.result()
    label = t("segment.zip.download", size=f"{len(made) / 1e6:.1f}")
    download_button.draw(label, made, "segcore.zip", "application/zip", key="zip_download", icon=icon, type="primary")
    st.caption(t("segment.zip.about"))
    gallery.results(request)


def _progress_text(work: Work[Any]) -> str:
    return t("segment.zip.progress", done=min(work.done + 1, work.steps), count=work.steps, name=plain(work.doing))


def _zip(own: list[OwnPhoto], request: SegmentRequest, report: Report) -> bytes:
    """Masks of all photos, a folder each, and one COCO file, one table, labels for YOLO; errors in problems.txt."""
    buffer = io.BytesIO()
    problems: list[str] = []
    batch, yolo = BatchFiles(), ""
    card = pickers.card_of(request.model)
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for done, photo in enumerate(own):
            report(done, len(own), photo.name)

            def check(*_: int, at: int = done, name: str = photo.name) -> None:
                report(at, len(own), name)

            try:
                image = photo.decoded(card)
                prediction = cache.segment(image, request, check)
            except SegcoreError as error:
                problems.append(f"{photo.name}: {error}")
                continue
            stem = safe_stem(photo.name)
            for kind in _OF_EACH:
                ending, _, make = FILES[kind]
                archive.writestr(f"{done + 1:02d}_{stem}/{stem}{ending}", make(image, prediction))
            is_twice = sum(other.name == photo.name for other in own) > 1
            number = f"{done + 1:02d}_" if is_twice else ""
            archive.writestr(f"yolo/{number}{stem}.txt", yolo_text(prediction))
            yolo = yolo or yolo_classes(prediction)
            batch.add(f"{number}{photo.name}", prediction)
        if yolo:
            archive.writestr("yolo/data.yaml", yolo)
            archive.writestr("coco.json", batch.coco("rle"))
            archive.writestr("coco_polygons.json", batch.coco("polygons"))
            archive.writestr("classes.csv", batch.table)
        if problems:
            archive.writestr("problems.txt", "\n".join(problems) + "\n")
    return buffer.getvalue()
