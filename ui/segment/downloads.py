"""Files to download: of the photo on the screen, or of all own photos in one zip.

Files are encoded when their button is pressed, not when it is drawn; those that take long are made in the background.
"""

import io
import zipfile
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from segcore.errors import SegcoreError
from segcore.inference import BatchFiles, full_prediction, safe_stem, yolo_classes, yolo_text
from segcore.palette import background_id
from segcore.types import Image, Prediction
from ui import cache
from ui.known_names import class_name
from ui.segment import gallery
from ui.segment.photo_files import FILES, cutout, is_large, size_of, tolerance
from ui.segment_request import SegmentRequest
from ui.text import plain, t
from ui.widgets import background, download_button, frame, photos, pickers
from ui.widgets.albums import OwnPhoto
from ui.widgets.background import Report, Work

LARGE_CUTOUT_PX = 4_000_000
"""Cut-outs of photos with more pixels are made in the background."""

_OF_EACH = ("labels", "colours", "overlay")
"""Files of every photo in the zip; COCO, YOLO and the table are for all of them."""

_ZIP = "segment.zip"


class _Button(NamedTuple):
    """One file to download: the texts of its button, and how it is made."""

    kind: str
    label: str
    about: str
    file_name: str
    mime: str
    make: Callable[[Report], str | bytes]
    is_slow: bool


def one(image: Image, prediction: Prediction, request: SegmentRequest) -> None:
    """A button for each kind of file, and the cut-out."""
    running, version = st.container(), cache.key_of(image, request)
    pixels = f"{tolerance(image):.3g}"
    with st.container(horizontal=True, gap="small", key="download_one"):
        for kind, file in FILES.items():
            label, about = t(f"segment.download.{kind}"), t(f"segment.download.{kind}.help", tolerance=pixels)
            name, make = safe_stem(image.name) + file.ending, partial(file.make, image, prediction)
            _draw(_Button(kind, label, about, name, file.mime, make, is_large(image, file.large_px)), version, running)
    with st.container(horizontal=True, vertical_alignment="bottom", key="download_cutout_row"):
        _cutout(image, prediction, version, running)
    if image.full_size is not None:
        of_file, as_read = (f"{width} × {height}" for height, width in (size_of(image), image.rgb.shape[:2]))
        st.caption(t("segment.files.size", size=of_file, overlay=as_read))


def _draw(button: _Button, version: str, running: DeltaGenerator) -> None:
    made: bytes | Callable[[], str | bytes] | None = partial(button.make, _no_report)
    if button.is_slow:
        made = _made(button, version, running)
    if made is not None:
        key = f"download_{button.kind}"
        download_button.draw(button.label, made, button.file_name, button.mime, help=button.about, key=key)


def _no_report(*_: object) -> None:
    """The progress of a file that is made at once."""


def _made(button: _Button, version: str, running: DeltaGenerator) -> bytes | None:
    """A file that is made in the background once its button is pressed; None until it is there.

    Its progress is drawn into ``running``.
    """
    name = f"segment.file.{button.kind}"
    work = background.present(name, version)
    if work is None:

        def begin() -> None:  # as a callback: the next run draws the progress or the file in the place of this button
            background.work(name, version, lambda report: _bytes(button.make(report)))

        icon = ":material/play_arrow:"
        st.button(button.label, help=button.about, icon=icon, key=f"make_{button.kind}", on_click=begin)
        return None
    if work.wait(background.PATIENCE_SECONDS - work.age):
        made: bytes | None = None
        with frame.sentences():
            made = work.result()
        if made is None:
            background.forget(name)  # the error is shown once, and the button returns
        return made
    with running:
        text = t("segment.file.progress", kind=button.label)
        background.progress(work, lambda _: text, key=name)
    return None


def _bytes(made: str | bytes) -> bytes:
    return made.encode() if isinstance(made, str) else made


def _cutout(image: Image, prediction: Prediction, version: str, running: DeltaGenerator) -> None:
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
    kept, photo = objects if chosen is None else [chosen], photos.own().get(image.image_id)
    label, about, name = t("segment.cutout.download"), t("segment.cutout.help"), f"{safe_stem(image.name)}_cutout.png"
    make = partial(cutout, image, None if photo is None else photo.data, prediction, kept)
    is_slow = is_large(image, LARGE_CUTOUT_PX)
    _draw(_Button("cutout", label, about, name, "image/png", make, is_slow), f"{version} {kept}", running)


def all_photos(request: SegmentRequest) -> None:
    """With two own photos or more: segment them all in the background, then show their masks and download one zip."""
    own, icon = photos.own(), ":material/folder_zip:"
    if len(own) < 2:
        return
    version = f"{list(own)} {request}"
    work = background.present(_ZIP, version)
    if work is None:

        def begin() -> None:
            background.work(_ZIP, version, partial(_zip, list(own.values()), request))

        st.button(t("segment.zip.make", count=len(own)), icon=icon, key="zip_make", on_click=begin)
        return
    if not work.wait(background.PATIENCE_SECONDS - work.age):
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
                file = FILES[kind]
                archive.writestr(f"{done + 1:02d}_{stem}/{stem}{file.ending}", file.make(image, prediction, check))
            is_twice = sum(other.name == photo.name for other in own) > 1
            number = f"{done + 1:02d}_" if is_twice else ""
            archive.writestr(f"yolo/{number}{stem}.txt", yolo_text(prediction, on_progress=check))
            yolo = yolo or yolo_classes(prediction)
            full = full_prediction(prediction, image.full_size)
            batch.add(f"{number}{photo.name}", full, tolerance(image), check)
        if yolo:
            archive.writestr("yolo/data.yaml", yolo)
            archive.writestr("coco.json", batch.coco("rle"))
            archive.writestr("coco_polygons.json", batch.coco("polygons"))
            archive.writestr("classes.csv", batch.table)
        if problems:
            archive.writestr("problems.txt", "\n".join(problems) + "\n")
    return buffer.getvalue()
