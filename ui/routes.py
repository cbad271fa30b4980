"""Addresses that the browser reads by itself: photos, mask maps, thumbnails.

Pictures go to the browser by URL, once, and stay in its cache: a rerun of the page then costs some bytes and not the
picture again. Three rules keep this safe without a login:

- A blob's name is the sha256 of its key, 64 hex digits: it cannot be guessed and never becomes a path on disk.
- A sample's name must stand in the table of samples; nothing else in that folder can be reached.
- Only pictures are served, with ``nosniff``: nothing that a browser would run.
"""

import hashlib
import re
from collections.abc import Callable
from typing import Literal, NamedTuple

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ui import samples
from ui.store import BoundedStore

MediaType = Literal["image/png", "image/jpeg", "image/webp"]

_TOKEN = re.compile(r"[0-9a-f]{64}")
_FOREVER = "private, max-age=31536000, immutable"  # the name changes with the content


class Blob(NamedTuple):
    """One encoded picture."""

    data: bytes
    media_type: MediaType


BLOBS: BoundedStore[Blob] = BoundedStore(max_bytes=256 * 2**20, size_of=lambda blob: len(blob.data))


def publish(key: str, make: Callable[[], bytes], media_type: MediaType) -> str:
    """Make a picture readable by the browser and return its address (a path on this server).

    Args:
        key: names the content, whole: everything the picture depends on, for instance image id, checkpoint and
            options. The same key must always mean the same bytes, because browsers keep them for a year.
        make: encodes the picture; called only when it is not in the store already.
        media_type: of what ``make`` returns.
    """
    token = hashlib.sha256(f"{media_type} {key}".encode()).hexdigest()
    if BLOBS.get(token) is None:
        BLOBS.put(token, Blob(make(), media_type))
    return f"/api/blobs/{token}"


def _missing() -> Response:
    return Response("not here", status_code=404, media_type="text/plain", headers={"Cache-Control": "no-store"})


async def blob(request: Request) -> Response:
    """GET /api/blobs/{token}: what `publish` was given."""
    token = request.path_params["token"]
    found = BLOBS.get(token) if _TOKEN.fullmatch(token) else None
    if found is None:
        return _missing()
    return Response(found.data, media_type=found.media_type, headers={"Cache-Control": _FOREVER})


def sample_thumbnail(request: Request) -> Response:
    """GET /api/samples/{name}: a small JPEG of a bundled photo. Not async: decoding belongs in a worker thread."""
    name = request.path_params["name"]
    if name not in samples.SAMPLES:
        return _missing()
    return Response(samples.thumbnail(name), media_type="image/jpeg", headers={"Cache-Control": "max-age=86400"})


ROUTES = [
    Route("/api/blobs/{token}", blob, methods=["GET"]),
    Route("/api/samples/{name}", sample_thumbnail, methods=["GET"]),
]
