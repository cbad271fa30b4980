"""All routes that browsers read without Streamlit: images, runs, the chart library.

Images travel by URL once and stay in the browser's cache; live curves fetch only what is new and cost no rerun.
Four rules keep this safe without a login:

- The name of a blob is the sha256 of its key, 64 hex digits: it cannot be guessed and never becomes a path on disk.
- The name of a sample must be in the table of samples; nothing else in that folder can be reached.
- The name of a run must be valid (`open_run`); only metrics, the log and images that its events list are exposed.
- Files of users are served as images, JSON and text to save, with ``nosniff``: nothing that a browser would run.
  The only script comes from the installed plotly package, so that charts need no network.
"""

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from segcore.data import sample_photos
from ui.api import runs
from ui.api.answers import FOREVER, missing
from ui.blobs import BLOBS, make_lazy
from ui.components.vendor import PLOTLY_SCRIPT
from ui.widgets import dataset_thumbnails


def start_page(request: Request) -> Response:
    """GET /segment: Streamlit serves the first page under / only."""
    return RedirectResponse(f"/?{request.url.query}" if request.url.query else "/")


async def blob(request: Request) -> Response:
    """GET /api/blobs/{token}: an image of `ui.blobs.publish`, or of `publish_lazily`, made now."""
    token = request.path_params["token"]
    found = BLOBS.get(token) or await run_in_threadpool(make_lazy, token)
    if found is None:
        return missing()
    return Response(found.data, media_type=found.media_type, headers={"Cache-Control": FOREVER})


def sample_photo(request: Request) -> Response:
    """GET /api/samples/{name}: a small JPEG of a bundled photo. Not async: it decodes."""
    name = request.path_params["name"]
    if name not in sample_photos.SAMPLES:
        return missing()
    return Response(sample_photos.thumbnail(name), media_type="image/jpeg", headers={"Cache-Control": "max-age=86400"})


def dataset_image(request: Request) -> Response:
    """GET /api/data/{token}/{index}: a small JPEG of an image of a dataset. Not async: it reads and decodes."""
    found = dataset_thumbnails.read(request.path_params["token"], request.path_params["index"])
    if found is None:
        return missing()
    return Response(found, media_type="image/jpeg", headers={"Cache-Control": FOREVER})


def plotly_script(_request: Request) -> Response:
    """GET /vendor/plotly.min.js: the chart library. Not async: it is a large file, read once a browser."""
    return Response(PLOTLY_SCRIPT.read_bytes(), media_type="text/javascript", headers={"Cache-Control": FOREVER})


# Starlette answers nothing but GET and HEAD where a route names no methods.
ROUTES = [
    Route("/segment", start_page),
    Route("/api/blobs/{token}", blob),
    Route("/api/samples/{name}", sample_photo),
    Route("/api/data/{token}/{index}", dataset_image),
    *runs.ROUTES,
    Route("/vendor/plotly.min.js", plotly_script),
]
