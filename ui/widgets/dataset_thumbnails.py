"""Small pictures of a dataset by address. The browser asks for those in sight; only then are their files read.

A picture's address names the dataset by a hash that this process has given out, and the image by its number: no path
ever comes from the browser.
"""
# ruff: noqa: PLC0415 - torch comes with the data, and is loaded when the first picture is asked for

import hashlib
import re
import threading

import cv2
import numpy as np

from segcore.errors import SegcoreError
from ui.bounded_store import BoundedStore

SIDE = 224
"""Pixels of the longer side."""

_TOKEN = re.compile(r"[0-9a-f]{64}")
_INDEX = re.compile(r"[0-9]{1,9}")
_given: dict[str, tuple[str, str | None]] = {}
_lock = threading.Lock()
_MADE: BoundedStore[bytes] = BoundedStore(64 * 2**20, len)


def address(spec: str, split: str | None, version: str, index: int) -> str:
    """Where the browser finds the picture of an image with its mask.

    Args:
        spec: of the dataset.
        split: or None.
        version: changes with the files.
        index: in the dataset.
    """
    token = hashlib.sha256(f"{spec}\n{split}\n{version}".encode()).hexdigest()
    with _lock:
        _given[token] = (spec, split)
        while len(_given) > 256:
            _given.pop(next(iter(_given)))
    return f"/api/data/{token}/{index}"


def read(token: str, index: str) -> bytes | None:
    """The JPEG behind an address; None for one that was not given out, or an image that cannot be read."""
    known = _given.get(token) if _TOKEN.fullmatch(token) else None
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
    from segcore.evaluation.measure import as_rgb
    from segcore.palette import overlay
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
    _, encoded = cv2.imencode(".jpg", np.ascontiguousarray(laid[..., ::-1]), [cv2.IMWRITE_JPEG_QUALITY, 84])
    return encoded.tobytes()
