"""Thumbnails of a dataset by address, and a dataset in a line.

The browser requests the thumbnails that are visible; only then are their files read.

An address names the dataset by a hash that this process has issued, and the image by its number: no path ever comes
from the browser.
"""
# ruff: noqa: PLC0415 - the data brings torch, which is imported with the first thumbnail

import hashlib
import re
from dataclasses import dataclass
from html import escape

import streamlit as st

from segcore.errors import SegcoreError
from ui.bounded_store import BoundedStore, Budget
from ui.known_names import class_name
from ui.text import t, t_count, translated

SIDE = 224
"""Pixels of the longer side."""

FACES = 4
"""Number of images in a summary."""
MAX_CLASSES = 6
"""Maximum number of classes named in a summary."""

_INDEX = re.compile(r"[0-9]{1,9}")
_ISSUED = BoundedStore[tuple[str, str | None]](lambda _: 1, Budget(256))
"""Dataset and split by token."""
_MADE = BoundedStore[bytes](len)


def address(spec: str, split: str | None, version: str, index: int) -> str:
    """Address of the thumbnail of an image with its mask; the version changes with the files of the dataset."""
    token = hashlib.sha256(f"{spec}\n{split}\n{version}".encode()).hexdigest()
    _ISSUED.put(token, (spec, split))
    return f"/api/data/{token}/{index}"


@dataclass(frozen=True)
class DatasetSummary:
    """A dataset in a line: its layout, numbers, and the addresses of a few images."""

    title: str
    layout: str  # title of the layout or of the named dataset
    images: int
    classes: tuple[str, ...]
    urls: tuple[str, ...]


def summary(spec: str) -> DatasetSummary:
    """The summary of a spec; its files are listed, none is read.

    Raises:
        SegcoreError: there is no such dataset, or its layout is unknown.
    """
    from segcore.data import dataset_card, dataset_folder
    from segcore.jobs.start import fingerprint
    from ui import cache

    dataset = cache.dataset(spec, None)
    folder = dataset_folder(spec)
    version = str(fingerprint([] if folder is None else [folder]))
    count = len(dataset)
    places = sorted({number * count // FACES for number in range(min(FACES, count))})
    urls = tuple(address(spec, None, version, index) for index in places)
    return DatasetSummary(dataset.title, dataset_card(spec).title, count, dataset.classes, urls)


def draw_summary(spec: str, *, name: str = "") -> bool:
    """Draw a dataset in a line, under its ``name`` if one is given; where it cannot be opened, why. Return if it can.

    Names of datasets and classes are untrusted: everything is escaped here.
    """
    from segcore.data import require_allowed

    head = f"<b>{escape(name)}</b>" if name else ""
    try:
        require_allowed(spec)
        with st.spinner(t("data.opening")):
            found = summary(spec)
    except SegcoreError as error:
        st.html(f'<div class="seg-dataset gone"><p>{head}<span>{escape(translated(error.message))}</span></p></div>')
        return False
    images = "".join(f'<img src="{url}" alt="" loading="lazy">' for url in found.urls)
    shown = ", ".join(map(class_name, found.classes[:MAX_CLASSES])) + (" …" if len(found.classes) > MAX_CLASSES else "")
    facts = t_count(
        "pick.facts", found.images, layout=translated(found.layout), classes=len(found.classes), names=shown
    )
    st.html(f'<div class="seg-dataset"><div>{images}</div><p>{head}<span>{escape(facts)}</span></p></div>')
    return True


def read(token: str, index: str) -> bytes | None:
    """The JPEG of an address; None for an unknown address, or an image that cannot be read."""
    known = _ISSUED.get(token)
    if known is None or not _INDEX.fullmatch(index):
        return None
    key = f"{token} {index}"
    made = _MADE.get(key)
    if made is None:
        made = _make(*known, int(index))
        if made is not None:
            _MADE.put(key, made)
    return made


def _make(spec: str, split: str | None, index: int) -> bytes | None:
    from segcore.data import resize_image
    from segcore.data.transforms import resize_labels, working_size
    from segcore.palette import overlay
    from segcore.pictures import as_rgb, encode
    from ui import cache

    try:
        dataset = cache.dataset(spec, split)
        if index >= len(dataset):
            return None
        sample = dataset[index]
    except SegcoreError:
        return None
    size = working_size(sample.labels.shape, min(SIDE, max(sample.labels.shape)))
    rgb = resize_image(as_rgb(sample.image), size)
    laid = overlay(rgb, resize_labels(sample.labels, size), dataset.colours, opacity=0.55)
    return encode(laid, "jpg", quality=84)
