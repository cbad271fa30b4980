"""The photos that lie in scikit-image's own wheel: a gallery that needs neither upload nor network.

``skimage.data`` fetches many more when asked; only files that are already on disk are offered here.
"""

from functools import cache
from pathlib import Path

import cv2
import skimage

from segcore.data import read_image
from segcore.types import Image

FOLDER = Path(skimage.__file__).parent / "data"

FILES = {
    "chelsea": "chelsea.png",
    "astronaut": "astronaut.png",
    "camera": "camera.png",
    "coffee": "coffee.png",
    "rocket": "rocket.jpg",
    "motorcycle": "motorcycle_left.png",
    "coins": "coins.png",
    "ihc": "ihc.png",
}

SAMPLES: tuple[str, ...] = tuple(name for name, file in FILES.items() if (FOLDER / file).is_file())
"""Names of the photos that are here; each has a text ``sample.<name>``."""

FIRST = "chelsea"
"""The cat that the first visit shows."""


def read(name: str) -> Image:
    """Read one of SAMPLES."""
    path = FOLDER / FILES[name]
    return read_image(path.read_bytes(), name=path.name)


@cache
def thumbnail(name: str, side: int = 128) -> bytes:
    """A square JPEG, ``side`` pixels wide, cut from the middle of one of SAMPLES."""
    return square_jpeg(read(name), side)


def square_jpeg(image: Image, side: int) -> bytes:
    """The middle square of a photo as a JPEG of ``side`` × ``side`` pixels."""
    height, width = image.rgb.shape[:2]
    edge = min(height, width)
    top, left = (height - edge) // 2, (width - edge) // 2
    middle = image.rgb[top : top + edge, left : left + edge]
    small = cv2.resize(middle, (side, side), interpolation=cv2.INTER_AREA if edge > side else cv2.INTER_LINEAR)
    _, encoded = cv2.imencode(".jpg", cv2.cvtColor(small, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, 82])
    return encoded.tobytes()
