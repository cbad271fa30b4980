"""Thumbnails of a dataset by address. The browser requests the visible ones; only then are their files read.

An address names the dataset by a hash that this process has issued, and the image by its number: no path ever comes
from the browser.
"""
# ruff: noqa: PLC0415 - the data brings torch, which is imported with the first thumbnail

import hashlib
import re

from segcore.errors import SegcoreError
from ui.bounded_store import BoundedStore, Budget

SIDE = 224
"""Pixels of the longer side."""

_INDEX = re.compile(r"[0-9]{1,9}")
_ISSUED = BoundedStore[tuple[str, str | None]](lambda _: 1, Budget(256))
"""Dataset and split by token."""
_MADE = BoundedStore[bytes](len)


def address(spec: str, split: str | None, version: str, index: int) -> str:
    """Address of the thumbnail of an image with its mask; the version changes with the files of the dataset."""
    token = hashlib.sha256(f"{spec}\n{split}\n{version}".encode()).hexdigest()
    _ISSUED.put(token, (spec, split))
    return f"/api/data/{token}/{index}"


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
