"""Opening image files: size limits before decoding, rotation by EXIF, errors for damaged files.

Pillow decodes: its result for a JPEG is identical to OpenCV's, and it reads the header before any pixel, so that a
small file that would decode to gigabytes is refused by its size.
"""

import io
import os
import re
from collections.abc import Sequence
from pathlib import Path

import PIL.ExifTags
import PIL.Image
import PIL.ImageOps

from segcore.data.foreign_formats import identify
from segcore.errors import BadImage, Message

MAX_PIXELS = 40_000_000
"""Larger images are refused: 40 megapixels are 120 MB as RGB, and prediction needs several copies."""

MAX_SIDE = 16_384
"""Longer sides are refused: browsers do not draw a larger canvas."""

# OpenCV reads this when it is first imported; it applies to files that OpenCV decodes later in this process.
os.environ.setdefault("OPENCV_IO_MAX_IMAGE_PIXELS", str(MAX_PIXELS))
# Pillow warns above this size and raises above twice this size, both while reading the header.
PIL.Image.MAX_IMAGE_PIXELS = MAX_PIXELS

_ISO_BRANDS = {b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1"}


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
    except OSError as error:
        raise BadImage(
            "{data} cannot be read: {error}. Check the path.", data=data, error=error.strerror or error
        ) from error


def open_image(content: bytes, name: str) -> PIL.Image.Image:
    """The image with its header read, before decoding; BadImage for no image, or a size that is refused."""
    if not content:
        raise BadImage(
            "{name} is empty (0 bytes). It may not have been copied or uploaded whole; try again.", name=name
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
    width, height = image.size
    if width * height > MAX_PIXELS:
        raise BadImage(too_many_pixels(name, f"{size_text((height, width))} = {width * height / 1e6:.0f}"))
    if max(width, height) > MAX_SIDE:
        raise BadImage(
            "{name} is {size} pixels; a side may have at most {most}. Cut it into parts or make it smaller.",
            name=name,
            size=size_text((height, width)),
            most=MAX_SIDE,
        )
    return image


def exif_orientation(data: bytes | Path) -> int:
    """The orientation in the EXIF block of a file, 1 … 8; 1 without a readable one. BadImage: the header is damaged."""
    image = open_image(*bytes_and_name(data, None))
    try:
        orientation = int(image.getexif().get(PIL.ExifTags.Base.Orientation, 1))
    except Exception:  # a damaged EXIF block is ignored
        return 1
    return orientation if orientation in range(1, 9) else 1


def decode_upright(image: PIL.Image.Image, name: str) -> PIL.Image.Image:
    """The decoded first frame, rotated upright; BadImage where the data is damaged."""
    try:
        image.seek(0)
        image.load()
    except Exception as error:  # decoders raise many kinds on damaged data
        raise BadImage(
            "{name} starts as a {format} image of {size} pixels but its data is cut off or damaged. Copy or download "
            "it again.",
            name=name,
            format=image.format,
            size=size_text((image.height, image.width)),
        ) from error
    try:
        return PIL.ImageOps.exif_transpose(image)
    except Exception:  # a damaged EXIF block is ignored
        return image


def too_many_pixels(name: str, megapixels: str) -> Message:
    """The error text for an image above MAX_PIXELS."""
    return Message(
        "{name} has {size} million pixels; the limit is {most:.0f} million. Make it smaller or cut it into parts.",
        name=name,
        size=megapixels,
        most=MAX_PIXELS / 1e6,
    )


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
    if content[4:8] == b"ftyp" and content[8:12] in _ISO_BRANDS:
        return Message("{name} is a HEIC photo, which cannot be read here. Export it as JPEG or PNG first.", name=name)
    if b"<svg" in start:
        return Message(
            "{name} is an SVG drawing, not a photo. Expected a photo: JPEG, PNG, WebP, TIFF, BMP or GIF. Export "
            "the drawing as PNG first.",
            name=name,
        )
    if start.startswith(b"%pdf"):
        return Message(
            "{name} is a PDF document. Expected a photo: JPEG, PNG, WebP, TIFF, BMP or GIF. Export the page as "
            "PNG first.",
            name=name,
        )
    if start.startswith((b"<html", b"<!doctype")):
        return Message(
            "{name} is a web page, not an image; the download probably saved an error page. Expected a photo: "
            "JPEG, PNG, WebP, TIFF, BMP or GIF.",
            name=name,
        )
    return Message(
        "{name} is not an image that can be read, or its beginning is damaged. Expected a photo: JPEG, PNG, "
        "WebP, TIFF, BMP or GIF.",
        name=name,
    )
