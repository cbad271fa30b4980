"""Routes of runs: the table, the curves, the epochs, samples and the log of one run.

The handlers are not async: they read files, which belongs in a worker thread.
"""

import os
import re
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from segcore.errors import BadRun
from segcore.runs import Run, open_run
from segcore.text import best_language, class_name, translator
from ui.api import run_curves, run_epochs, run_samples
from ui.api.answers import FOREVER, missing
from ui.text import speak
from ui.widgets import run_rows

_OFFSET = re.compile(r"[0-9]{1,15}")
_EPOCH = re.compile(r"[0-9]{1,9}")
_CHUNK_BYTES = 2**16
_NO_STORE = {"Cache-Control": "no-store"}


def table(request: Request) -> Response:
    """GET /api/runs?q=…&state=…&page=…&lang=…: a page of the table of runs, see `run_rows.answer`."""
    query = request.query_params.get
    speak(best_language(query("lang")))  # for this request: it has a context of its own
    return JSONResponse(run_rows.answer(query), headers=_NO_STORE)


def _of_run(answer: Callable[[Request, Run], Response]) -> Callable[[Request], Response]:
    """A handler that opens the run of the address; 404 if there is none."""

    def handle(request: Request) -> Response:
        try:
            return answer(request, open_run(request.path_params["name"]))
        except BadRun:
            return missing()

    return handle


def _since(news: Callable[[Run, int], dict[str, Any]]) -> Callable[[Request], Response]:
    """A handler for what is new in a run since the offset in the query; ``lang`` is for the names of its classes."""

    def answer(request: Request, run: Run) -> Response:
        since = request.query_params.get("since", "0")
        if not _OFFSET.fullmatch(since):
            return Response("since must be an offset", status_code=400, media_type="text/plain")
        found, t = news(run, int(since)), translator(best_language(request.query_params.get("lang")))
        found["classes"] = [class_name(t, str(name)) for name in found["classes"]]
        return JSONResponse(found, headers=_NO_STORE)

    return _of_run(answer)


def _cache_headers(request: Request, version: str) -> dict[str, str]:
    """An epoch that is done again changes under the same name: browsers keep it only under its version, ?v=."""
    return {"Cache-Control": FOREVER if request.query_params.get("v") == version else "no-store"}


def counts(request: Request, run: Run) -> Response:
    """GET /api/runs/{name}/counts/{epoch}?v=VERSION: the confusion matrix of an epoch."""
    epoch = request.path_params["epoch"]
    found = run_epochs.counts(run, int(epoch)) if _EPOCH.fullmatch(epoch) else None
    return missing() if found is None else JSONResponse(found[1], headers=_cache_headers(request, found[0]))


def sample(request: Request, run: Run) -> Response:
    """GET /api/runs/{name}/samples/{file}?v=VERSION: a sample file that the events of the run list."""
    found = run_samples.read(run, request.path_params["file"])
    if found is None:
        return missing()
    file, version = found
    return Response(file.data, media_type=file.media_type, headers=_cache_headers(request, version))


def comparable_runs(_request: Request, run: Run) -> Response:
    """GET ``/api/runs/{name}/rivals``, see `run_samples.comparable_runs`."""
    return JSONResponse({"rivals": run_samples.comparable_runs(run)}, headers=_NO_STORE)


def log(_request: Request, run: Run) -> Response:
    """GET /api/runs/{name}/log: all that the run has printed so far, as a file to save."""
    try:
        file = run.log_path.open("rb")
    except FileNotFoundError:
        return missing()
    size = os.fstat(file.fileno()).st_size
    disposition = f'attachment; filename="{run.address}-log.txt"'
    headers = {"Content-Disposition": disposition, "Content-Length": str(size), **_NO_STORE}
    return StreamingResponse(_chunks(file, size), media_type="text/plain", headers=headers)


def _chunks(file: BinaryIO, size: int) -> Iterator[bytes]:
    """The first ``size`` bytes: the log may grow while it is sent."""
    with file:
        while size > 0 and (chunk := file.read(min(size, _CHUNK_BYTES))):
            size -= len(chunk)
            yield chunk


ROUTES = [
    Route("/api/runs", table),
    Route("/api/runs/{name}/events", _since(run_curves.news)),
    Route("/api/runs/{name}/epochs", _since(run_epochs.news)),
    Route("/api/runs/{name}/counts/{epoch}", _of_run(counts)),
    Route("/api/runs/{name}/samples/{file}", _of_run(sample)),
    Route("/api/runs/{name}/rivals", _of_run(comparable_runs)),
    Route("/api/runs/{name}/log", _of_run(log)),
]
