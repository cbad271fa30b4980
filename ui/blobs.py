"""Images by address: a page publishes an image once, and the browser fetches it once and keeps it.

A rerun of the page then sends an address and not the image again. Its route: ui/api/routes.py.
"""

import hashlib
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Literal, NamedTuple

from segcore.errors import SegcoreError
from ui.bounded_store import BoundedStore

MediaType = Literal["image/png", "image/jpeg", "image/webp"]


class Blob(NamedTuple):
    """One encoded image."""

    data: bytes
    media_type: MediaType


BLOBS = BoundedStore[Blob](lambda blob: len(blob.data))
"""By token, the last part of the address."""


_LAZY: dict[str, tuple[Callable[[], bytes], MediaType]] = {}
"""What `publish_lazily` was called with, by token."""
_MAKING = threading.Lock()


def publish_lazily(key: str, make: Callable[[], bytes], media_type: MediaType) -> str:
    """Like `publish`, but ``make`` is called when a browser first fetches the address, one image at a time.

    For a small number of keys: they are kept as long as the server runs. There is no image if ``make`` raises
    SegcoreError.
    """
    token = _token(key, media_type)
    _LAZY.setdefault(token, (make, media_type))
    return f"/api/blobs/{token}"


def make_lazy(token: str) -> Blob | None:
    """Make an image of `publish_lazily`, unless it is in the store; None for other tokens. May take seconds."""
    if token not in _LAZY:
        return None
    make, media_type = _LAZY[token]
    with _MAKING:
        found = BLOBS.get(token)
        if found is None:
            with suppress(SegcoreError):
                found = Blob(make(), media_type)
                BLOBS.put(token, found)
    return found


def publish(key: str, make: Callable[[], bytes], media_type: MediaType) -> str:
    """Make an image readable by the browser and return its address, a path on this server.

    The key names the content: everything that the image depends on, for instance image id, checkpoint and options. The
    same key must always mean the same bytes, because browsers keep them for a year. ``make`` encodes the image; it is
    called only if the image is not in the store.
    """
    token = _token(key, media_type)
    if BLOBS.get(token) is None:
        BLOBS.put(token, Blob(make(), media_type))
    return f"/api/blobs/{token}"


def _token(key: str, media_type: MediaType) -> str:
    return hashlib.sha256(f"{media_type} {key}".encode()).hexdigest()


def sample_photo(name: str) -> str:
    """Address of the thumbnail of a bundled photo."""
    return f"/api/samples/{name}"
