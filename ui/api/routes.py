"""All routes that browsers read without Streamlit: images, runs, the chart library.

Images travel by URL once and stay in the browser's cache; live curves fetch only what is new and cost no rerun.
Four rules keep this safe without a login:

- The name of a blob is the sha256 of its key, 64 hex digits: it cannot be guessed and never becomes a path on disk.
- The name of a sample must be in the table of samples; nothing else in that folder can be reached.
- The name of a run must be valid (`open_run`); only metrics, the log and images that its events list are exposed.
- Files of users are served as images, JSON and text to save, with ``nosniff``: nothing that a browser would run.
  The only script comes from the installed plotly package, so that charts need no network.
"""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from ui.api import images, runs
from ui.api.answers import FOREVER
from ui.components.vendor import PLOTLY_SCRIPT


def plotly_script(_request: Request) -> Response:
    """GET /vendor/plotly.min.js: the chart library. Not async: it is a large file, read once a browser."""
    return Response(PLOTLY_SCRIPT.read_bytes(), media_type="text/javascript", headers={"Cache-Control": FOREVER})


def start_page(request: Request) -> Response:
    """GET /segment: Streamlit serves the first page under / only."""
    return RedirectResponse(f"/?{request.url.query}" if request.url.query else "/")


ROUTES = [
    Route("/segment", start_page, methods=["GET"]),
    *images.ROUTES,
    *runs.ROUTES,
    Route("/vendor/plotly.min.js", plotly_script, methods=["GET"]),
]
