"""Routes of images that do not belong to a run: published images, bundled photos, images of datasets."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from segcore.data import sample_photos
from ui.api.answers import FOREVER, missing
from ui.blobs import BLOBS
from ui.widgets import dataset_thumbnails


async def blob(request: Request) -> Response:
    """GET /api/blobs/{token}: an image that `ui.blobs.publish` has stored."""
    found = BLOBS.get(request.path_params["token"])
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


ROUTES = [
    Route("/api/blobs/{token}", blob, methods=["GET"]),
    Route("/api/samples/{name}", sample_photo, methods=["GET"]),
    Route("/api/data/{token}/{index}", dataset_image, methods=["GET"]),
]
