"""What the routes answer alike: nothing found, and how long browsers may keep an answer."""

from starlette.responses import Response

FOREVER = "private, max-age=31536000, immutable"
"""For addresses that change with their content."""


def missing() -> Response:
    """404, which browsers must not keep."""
    return Response("not here", status_code=404, media_type="text/plain", headers={"Cache-Control": "no-store"})
