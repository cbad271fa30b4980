"""Addresses that the browser reads by itself: photos, mask maps, thumbnails, what a run did, the chart library.

Pictures go to the browser by URL, once, and stay in its cache: a rerun of the page then costs some bytes and not the
picture again. Live curves ask for what is new and cost no rerun at all. Four rules keep this safe without a login:

- A blob's name is the sha256 of its key, 64 hex digits: it cannot be guessed and never becomes a path on disk.
- A sample's name must stand in the table of samples; nothing else in that folder can be reached.
- A run's name must be one (`open_run`); told are numbers of its training, its log, and pictures that its events name.
- What people gave us is served as pictures, JSON and text to save, with ``nosniff``: nothing that a browser would run.
  The one script comes out of the installed plotly package, so that charts need no network.
"""

import hashlib
import os
import re
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO, Literal, NamedTuple

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from segcore.data import sample_photos
from segcore.errors import BadRun
from segcore.runs import Run, open_run
from ui import text
from ui.api import dataset_thumbnails, run_curves, run_rows, run_samples
from ui.api import run_epochs as epochs
from ui.bounded_store import BoundedStore
from ui.components.vendor import PLOTLY_SCRIPT

MediaType = Literal["image/png", "image/jpeg", "image/webp"]

_TOKEN = re.compile(r"[0-9a-f]{64}")
_OFFSET = re.compile(r"[0-9]{1,15}")
_EPOCH = re.compile(r"[0-9]{1,9}")
_PIECE = 2**16
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
    if name not in sample_photos.SAMPLES:
        return _missing()
    return Response(sample_photos.thumbnail(name), media_type="image/jpeg", headers={"Cache-Control": "max-age=86400"})


def data_thumbnail(request: Request) -> Response:
    """GET /api/data/{token}/{index}: a small JPEG of an image of a dataset. Not async: it reads and decodes."""
    found = dataset_thumbnails.read(request.path_params["token"], request.path_params["index"])
    if found is None:
        return _missing()
    return Response(found, media_type="image/jpeg", headers={"Cache-Control": _FOREVER})


def _told(request: Request, tell: Callable[[Run, int], dict[str, Any]]) -> Response:
    """What is new in a run since the offset in the query."""
    since = request.query_params.get("since", "0")
    if not _OFFSET.fullmatch(since):
        return Response("since must be an offset", status_code=400, media_type="text/plain")
    try:
        news = tell(open_run(request.path_params["name"]), int(since))
    except BadRun:
        return _missing()
    return JSONResponse(news, headers={"Cache-Control": "no-store"})


def _keep(request: Request, version: str) -> dict[str, str]:
    """Headers of what changes under the same name, when an epoch is done again: kept only under its version, ?v=."""
    return {"Cache-Control": _FOREVER if request.query_params.get("v") == version else "no-store"}


def run_events(request: Request) -> Response:
    """GET /api/runs/{name}/events?since=OFFSET: the points of its curves, see `curves.news`. Not async: it reads."""
    return _told(request, run_curves.news)


def run_epochs(request: Request) -> Response:
    """GET /api/runs/{name}/epochs?since=OFFSET: its epochs, see `epochs.news`. Not async: it reads."""
    return _told(request, epochs.news)


def run_counts(request: Request) -> Response:
    """GET /api/runs/{name}/counts/{epoch}?v=VERSION: the table of counts of an epoch. Not async: it reads."""
    epoch = request.path_params["epoch"]
    try:
        found = epochs.counts(open_run(request.path_params["name"]), int(epoch)) if _EPOCH.fullmatch(epoch) else None
    except BadRun:
        return _missing()
    return _missing() if found is None else JSONResponse(found[1], headers=_keep(request, found[0]))


def run_sample(request: Request) -> Response:
    """GET /api/runs/{name}/samples/{file}?v=VERSION: a picture that its events name. Not async: it reads."""
    try:
        found = run_samples.read(open_run(request.path_params["name"]), request.path_params["file"])
    except BadRun:
        return _missing()
    if found is None:
        return _missing()
    return Response(found.data, media_type=found.media_type, headers=_keep(request, found.version))


def run_rivals(request: Request) -> Response:
    """GET /api/runs/{name}/rivals: runs to compare it with, see `sample_files.rivals`. Not async: it reads."""
    try:
        found = run_samples.rivals(open_run(request.path_params["name"]))
    except BadRun:
        return _missing()
    return JSONResponse({"rivals": found}, headers={"Cache-Control": "no-store"})


def run_log(request: Request) -> Response:
    """GET /api/runs/{name}/log: all that the run has printed so far, as a file to save."""
    try:
        run = open_run(request.path_params["name"])
        file = run.log_path.open("rb")
    except (BadRun, FileNotFoundError):
        return _missing()
    size = os.fstat(file.fileno()).st_size
    headers = {
        "Content-Disposition": f'attachment; filename="{run.name}-log.txt"',
        "Content-Length": str(size),
        "Cache-Control": "no-store",
    }
    return StreamingResponse(_pieces(file, size), media_type="text/plain", headers=headers)


def _pieces(file: BinaryIO, size: int) -> Iterator[bytes]:
    """So many bytes and no more: the log may grow while it is sent."""
    with file:
        while size > 0 and (piece := file.read(min(size, _PIECE))):
            size -= len(piece)
            yield piece


def runs_table(request: Request) -> Response:
    """GET /api/runs?q=…&state=…&page=…&lang=…: a page of the table of runs, see `rows.answer`. Not async: it reads."""
    said = request.query_params.get
    text.speak(text.best_language(said("lang")))  # for this request: it has a context of its own
    return JSONResponse(run_rows.answer(said), headers={"Cache-Control": "no-store"})


def plotly_script(_request: Request) -> Response:
    """GET /vendor/plotly.min.js: the chart library. Not async: it is a large file, read once a browser."""
    return Response(PLOTLY_SCRIPT.read_bytes(), media_type="text/javascript", headers={"Cache-Control": _FOREVER})


def start_page(request: Request) -> Response:
    """GET /segment: the page that Streamlit, being the first of all, knows under / only."""
    return RedirectResponse(f"/?{request.url.query}" if request.url.query else "/")


ROUTES = [
    Route("/segment", start_page, methods=["GET"]),
    Route("/api/blobs/{token}", blob, methods=["GET"]),
    Route("/api/samples/{name}", sample_thumbnail, methods=["GET"]),
    Route("/api/data/{token}/{index}", data_thumbnail, methods=["GET"]),
    Route("/api/runs", runs_table, methods=["GET"]),
    Route("/api/runs/{name}/events", run_events, methods=["GET"]),
    Route("/api/runs/{name}/epochs", run_epochs, methods=["GET"]),
    Route("/api/runs/{name}/counts/{epoch}", run_counts, methods=["GET"]),
    Route("/api/runs/{name}/samples/{file}", run_sample, methods=["GET"]),
    Route("/api/runs/{name}/rivals", run_rivals, methods=["GET"]),
    Route("/api/runs/{name}/log", run_log, methods=["GET"]),
    Route("/vendor/plotly.min.js", plotly_script, methods=["GET"]),
]
