"""The photos in scikit-image's wheel: a gallery without upload or network.

``skimage.data`` can download more; this module offers only files that are already on disk.
"""

from functools import cache
from pathlib import Path

import skimage

from segcore.data import read_image
from segcore.pictures import square_thumbnail
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
"""Names of the photos that are on disk; each has a text ``sample.<name>``."""

FIRST = "chelsea"
"""The photo of the first visit."""


def read(name: str) -> Image:
    """Read one of SAMPLES."""
    path = FOLDER / FILES[name]
    return read_image(path.read_bytes(), name=path.name)


@cache
def thumbnail(name: str, side: int = 128) -> bytes:
    """A square JPEG, ``side`` pixels wide, cut from the middle of one of SAMPLES."""
    return square_thumbnail(read(name).rgb, side)
