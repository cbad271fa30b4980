"""Opening image files: size limits before decoding, EXIF orientation, sentences for damaged files.

Pillow decodes, HEIC through pi-heif. Its result for a JPEG is identical to OpenCV's, and it reads the header before
any pixel, so that a small file that would decode to gigabytes is refused by its size.
"""

import importlib.util
import io
import os
import re
import warnings
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np
import PIL.ExifTags
import PIL.Image

from segcore.data.foreign_formats import identify
from segcore.errors import BadImage, Message

MAX_PIXELS = 40_000_000
"""A photo of more pixels is shrunk: 40 megapixels are 120 MB as RGB, and prediction needs several copies."""

MAX_SIDE = 16_384
"""A photo with a longer side is shrunk: browsers do not draw a larger canvas."""

MAX_FILE_PIXELS = 125_000_000
"""A file of more pixels is refused before it is decoded; phones take photos of 108 megapixels, 324 MB as RGB."""

MAX_JPEG_PIXELS = 210_000_000
"""The same for JPEG, which decodes at a reduced size; phones take 200 megapixels."""

MAX_DECODED_BYTES = 700_000_000
"""The same for files of many bands or of more than 8 bits: 108 megapixels of 16-bit RGB are 648 MB."""

PHOTO_SUFFIXES = (
    *(".jpg", ".jpeg", ".png", ".tif", ".tiff", ".bmp", ".webp", ".gif"),
    *(".heic", ".heif", ".avif", ".mpo"),
)
"""Suffixes of photos, in lower case. The content of a file decides its format, never its name."""

# OpenCV reads this when it is first imported; it applies to files that OpenCV decodes later in this process.
os.environ.setdefault("OPENCV_IO_MAX_IMAGE_PIXELS", str(MAX_FILE_PIXELS))
# Pillow warns above this size and raises above twice this size, both while reading the header.
PIL.Image.MAX_IMAGE_PIXELS = MAX_JPEG_PIXELS
# A damaged EXIF block is ignored; Pillow would print a line for each of its tags.
warnings.filterwarnings("ignore", category=UserWarning, module=r"PIL\.")

_HEIC_BRANDS = {b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"hevm", b"hevs", b"mif1", b"msf1"}
ON_ITS_SIDE = 5
"""EXIF orientations from here on swap width and height."""
_TRANSPOSITIONS = {
    2: PIL.Image.Transpose.FLIP_LEFT_RIGHT,
    3: PIL.Image.Transpose.ROTATE_180,
    4: PIL.Image.Transpose.FLIP_TOP_BOTTOM,
    5: PIL.Image.Transpose.TRANSPOSE,
    6: PIL.Image.Transpose.ROTATE_270,
    7: PIL.Image.Transpose.TRANSVERSE,
    8: PIL.Image.Transpose.ROTATE_90,
}


def size_text(size: Sequence[int]) -> str:
    """A size or shape (H, W, …) as "width × height", for messages."""
    return f"{size[1]} × {size[0]}"


def bytes_and_name(data: bytes | str | Path, name: str | None) -> tuple[bytes, str]:
    """The content of a file, and its name for errors; BadImage where the path cannot be read."""
    if isinstance(data, bytes):
        return data, name or "The image"
    path = Path(data)
    try:
        return path.read_bytes(), name or path.name
    except (OSError, ValueError) as error:  # ValueError: a null character in the path
        reason = getattr(error, "strerror", None) or error
        raise BadImage("{data} cannot be read: {error}. Check the path.", data=data, error=reason) from error


def open_image(content: bytes, name: str) -> PIL.Image.Image:
    """The image with its header read, before decoding; BadImage for no image, or a size that is refused."""
    if not content:
        raise BadImage(
            "{name} is empty (0 bytes). It may not have been copied or uploaded whole; try again.", name=name
        )
    if content[4:8] == b"ftyp" and content[8:12] in _HEIC_BRANDS and not _reads_heic():
        raise BadImage(
            "{name} is a HEIC photo, and the package that reads these is not installed. Install it "
            "(pip install pi-heif), or export the photo as JPEG.",
            name=name,
        )
    try:
        image = PIL.Image.open(io.BytesIO(content))
    except (PIL.Image.DecompressionBombError, PIL.Image.DecompressionBombWarning) as error:
        found = re.search(r"\((\d+) pixels\)", str(error))
        size = f"{int(found.group(1)) / 1e6:.0f}" if found else Message("far too many")
        raise BadImage(too_many_pixels(name, size)) from error
    except Exception as error:  # decoders raise many kinds on a damaged header
        raise BadImage(_not_an_image(content, name)) from error
    if image.format == "HDF5":  # Pillow recognises it, but cannot read it
        raise BadImage(_not_an_image(content, name))
    limit = MAX_JPEG_PIXELS if image.format in ("JPEG", "MPO") else MAX_FILE_PIXELS
    refuse_size(name, (image.height, image.width), limit)
    return image


def refuse_size(name: str, size: tuple[int, int], limit: int = MAX_FILE_PIXELS) -> None:
    """Raise BadImage for an image (H, W) of more than ``limit`` pixels."""
    pixels = size[0] * size[1]
    if pixels > limit:
        raise BadImage(too_many_pixels(name, f"{size_text(size)} = {pixels / 1e6:.0f}", limit))


def load(image: PIL.Image.Image, name: str) -> None:
    """Decode all pixels of the first frame; BadImage where the data is cut off or damaged."""
    try:
        image.load()
    except Exception as error:  # decoders raise many kinds on damaged data
        raise BadImage(
            "{name} starts as a {format} image of {size} pixels but its data is cut off or damaged: {rows} of its "
            "{height} rows could be decoded. Copy or download it again.",
            name=name,
            format=image.format,
            size=size_text((image.height, image.width)),
            rows=_rows_decoded(image),
            height=image.height,
        ) from error


def exif_orientation(data: bytes | Path) -> int:
    """The orientation in the EXIF block of a file, 1 … 8; 1 without a readable one. BadImage: the header is damaged.

    HEIC and AVIF state their rotation outside EXIF, and the decoder has applied it: 1 for HEIC.
    """
    return orientation_of(open_image(*bytes_and_name(data, None)))


def orientation_of(image: PIL.Image.Image) -> int:
    """The EXIF orientation that remains to be applied, 1 … 8; a damaged EXIF block is 1.

    After `load`, a TIFF is already upright, because Pillow rotates it.
    """
    try:
        orientation = int(image.getexif().get(PIL.ExifTags.Base.Orientation, 1))
    except Exception:  # a damaged EXIF block is ignored
        return 1
    return orientation if orientation in range(1, 9) else 1


def orientation_to_apply(photo: Path, size: tuple[int, ...], other: tuple[int, ...]) -> int:
    """The EXIF orientation of a photo, 5 … 8, where ``other`` (H, W) is its size as stored; else 1.

    ``size`` (H, W, …) is that of the photo as displayed. What was annotated on the stored pixels has to be rotated by
    this orientation.
    """
    if size[0] == size[1] or other[:2] != (size[1], size[0]):
        return 1
    orientation = exif_orientation(photo)
    return orientation if orientation >= ON_ITS_SIDE else 1


def upright(image: PIL.Image.Image, orientation: int) -> PIL.Image.Image:
    """A decoded image, rotated and mirrored as its EXIF orientation, 1 … 8, requires."""
    return image.transpose(_TRANSPOSITIONS[orientation]) if orientation in _TRANSPOSITIONS else image


def too_many_pixels(name: str, megapixels: str, limit: int = MAX_FILE_PIXELS) -> Message:
    """The error text for an image above a limit."""
    return Message(
        "{name} has {size} million pixels; the limit is {most:.0f} million. Make it smaller or cut it into parts.",
        name=name,
        size=megapixels,
        most=limit / 1e6,
    )


@cache
def _reads_heic() -> bool:
    """Make Pillow open HEIC files, once; False where pi-heif is not installed."""
    if importlib.util.find_spec("pi_heif") is None:
        return False
    import pi_heif  # noqa: PLC0415 - 40 ms that only HEIC needs

    pi_heif.register_heif_opener()
    return True


def _rows_decoded(image: PIL.Image.Image) -> int:
    """The rows of an image that were decoded before the decoder failed; the others are all 0."""
    try:
        image.tile = []  # type: ignore[attr-defined]  # nothing remains to be decoded: what is there can be read
        decoded = np.asarray(image)
        filled = np.flatnonzero(decoded.reshape(decoded.shape[0], -1).any(axis=1))
    except Exception:  # nothing was decoded
        return 0
    if not filled.size:
        return 0
    upwards = filled[-1] == image.height - 1  # BMP begins with the last row
    return int(image.height - filled[0] if upwards else filled[-1] + 1)


def _not_an_image(content: bytes, name: str) -> Message:
    """An error text by the first bytes of the file."""
    foreign = identify(content)
    if foreign is not None:
        return Message(
            "{name} is {title}, not a photo. Expected a photo: JPEG, PNG, WebP, TIFF, BMP or GIF. {advice}",
            name=name,
            title=foreign.title,
            advice=foreign.advice,
        )
    start = content[:1024].lstrip().lower()
    if content[4:8] == b"ftyp" and content[8:12] in _HEIC_BRANDS | {b"avif", b"avis"}:
        return Message(
            "{name} begins as a HEIC or AVIF photo but cannot be decoded: it is damaged, cut off, or compressed in a "
            "way that is not supported. Copy it again, or export it as JPEG or PNG.",
            name=name,
        )
    if b"<svg" in start:
        return Message(
            "{name} is an SVG drawing, not a photo. Expected a photo: JPEG, PNG, WebP, HEIC, AVIF, TIFF, BMP or GIF. "
            "Export the drawing as PNG first.",
            name=name,
        )
    if start.startswith(b"%pdf"):
        return Message(
            "{name} is a PDF document. Expected a photo: JPEG, PNG, WebP, HEIC, AVIF, TIFF, BMP or GIF. Export the "
            "page as PNG first.",
            name=name,
        )
    if start.startswith((b"<html", b"<!doctype")):
        return Message(
            "{name} is a web page, not an image; the download probably saved an error page. Expected a photo: "
            "JPEG, PNG, WebP, HEIC, AVIF, TIFF, BMP or GIF.",
            name=name,
        )
    return Message(
        "{name} is not an image that can be read, or its beginning is damaged. Expected a photo: JPEG, PNG, WebP, "
        "HEIC, AVIF, TIFF, BMP or GIF.",
        name=name,
    )
