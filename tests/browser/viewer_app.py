"""The smallest app around the viewer, for its tests: `streamlit run tests/browser/viewer_app.py`."""

from pathlib import Path

import streamlit as st
import viewer_scene
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ui.server import MIDDLEWARE


async def file(request: Request) -> Response:
    """One of the scene's pictures."""
    found = viewer_scene.FILES.get(request.path_params["name"])
    return Response(found or b"", status_code=200 if found else 404, media_type="image/png")


app = st.App(
    Path(__file__).with_name("viewer_page.py"), routes=[Route("/api/scene/{name}", file)], middleware=MIDDLEWARE
)
