"""Images by address: a page publishes an image once, and the browser fetches it once and keeps it.

A rerun of the page then sends an address and not the image again. Its route: ui/api/routes.py.
"""

import hashlib
from collections.abc import Callable
from typing import Literal, NamedTuple

from ui.bounded_store import BoundedStore

MediaType = Literal["image/png", "image/jpeg", "image/webp"]


class Blob(NamedTuple):
    """One encoded image."""

    data: bytes
    media_type: MediaType


BLOBS = BoundedStore[Blob](lambda blob: len(blob.data))
"""By token, the last part of the address."""


def publish(key: str, make: Callable[[], bytes], media_type: MediaType) -> str:
    """Make an image readable by the browser and return its address, a path on this server.

    The key names the content: everything that the image depends on, for instance image id, checkpoint and options. The
    same key must always mean the same bytes, because browsers keep them for a year. ``make`` encodes the image; it is
    called only if the image is not in the store.
    """
    token = hashlib.sha256(f"{media_type} {key}".encode()).hexdigest()
    if BLOBS.get(token) is None:
        BLOBS.put(token, Blob(make(), media_type))
    return f"/api/blobs/{token}"


def sample_photo(name: str) -> str:
    """Address of the thumbnail of a bundled photo."""
    return f"/api/samples/{name}"
