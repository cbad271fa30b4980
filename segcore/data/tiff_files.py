"""TIFF files: the first image as an array, within the limits of all images, whatever its number type and bands.

Only the first image of a file is read: following the chain of its pages could never end, since a page may refer to an
earlier one. Files that store one band per page (as ImageJ and tifffile do) are read whole if their chain ends.
"""

import io
import logging
import struct
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import tifffile
from numpy.typing import NDArray

from segcore.data.image_files import MAX_DECODED_BYTES, refuse_size, too_many_pixels
from segcore.errors import BadImage, Message

# A damaged file becomes a sentence; both libraries would also print a line for each of its tags.
logging.getLogger("tifffile").setLevel(logging.CRITICAL)
cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)

_MOST_PAGES = 1000
_BANDS_FIRST = ("SYX", "CYX", "QYX", "IYX")
_COLOURS = {
    tifffile.PHOTOMETRIC.RGB: 3,
    tifffile.PHOTOMETRIC.MINISBLACK: 1,
    tifffile.PHOTOMETRIC.MINISWHITE: 1,
}
_ALPHA = (tifffile.EXTRASAMPLE.ASSOCALPHA, tifffile.EXTRASAMPLE.UNASSALPHA)


@dataclass(frozen=True)
class TiffHeader:
    """What the first page states.

    Attributes:
        deep: whether its values are no bytes.
        alpha: whether its first further band is declared as transparency.
        premultiplied: whether its colours are multiplied by that.
        extra: number of bands beyond those of its colours.
        inverted: whether 0 is white.
        orientation: of EXIF, 1 … 8.
        profile: its ICC profile, empty without one.
        pages: number of pages; 0 where their chain has no end.
    """

    deep: bool
    alpha: bool
    premultiplied: bool
    extra: int
    inverted: bool
    orientation: int
    profile: bytes
    pages: int


def is_tiff(content: bytes) -> bool:
    """Whether a file begins as a TIFF."""
    return content[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")


def read_header(content: bytes, name: str) -> TiffHeader:
    """The header of the first page; BadImage where it is damaged or its image is too large."""
    try:
        with tifffile.TiffFile(io.BytesIO(content)) as file:
            page: Any = file.pages[0]
            size = (int(page.imagelength), int(page.imagewidth))
            orientation = int(page.tags["Orientation"].value) if "Orientation" in page.tags else 1
            extra = tuple(page.extrasamples)
            colours = _COLOURS.get(page.photometric, page.samplesperpixel)
            header = TiffHeader(
                deep=page.dtype is None or page.dtype.itemsize > 1 or page.dtype == np.int8,
                alpha=bool(extra) and extra[0] in _ALPHA,
                premultiplied=bool(extra) and extra[0] == tifffile.EXTRASAMPLE.ASSOCALPHA,
                extra=max(0, int(page.samplesperpixel) - colours),
                inverted=page.photometric == tifffile.PHOTOMETRIC.MINISWHITE,
                orientation=orientation if orientation in range(1, 9) else 1,
                profile=bytes(page.iccprofile or b""),
                pages=_page_count(content),
            )
            count = int(page.size) * (page.dtype.itemsize if page.dtype else 1)
    except Exception as error:  # decoders raise many kinds on a damaged header
        raise BadImage(_unreadable(name, error)) from error
    refuse_size(name, size)
    if count > MAX_DECODED_BYTES:
        raise BadImage(too_many_pixels(name, Message("with all bands {count:.0f}", count=count / 1e6)))
    return header


def read_tiff_bands(content: bytes, name: str, *, stacked: bool = False) -> NDArray[np.generic]:
    """The first image of a TIFF as (H, W, bands), in the file's number type; BadImage where it cannot be read.

    Args:
        content: the file.
        name: of the file, for errors.
        stacked: a file of several pages of one size holds one band per page.
    """
    header = read_header(content, name)
    try:
        with tifffile.TiffFile(io.BytesIO(content)) as file:
            part: Any = file.series[0] if stacked and 1 < header.pages <= _MOST_PAGES else file.pages[0]
            if part.size * part.dtype.itemsize > MAX_DECODED_BYTES:
                raise BadImage(too_many_pixels(name, Message("with all bands {count:.0f}", count=part.size / 1e6)))
            axes, array = _decoded(part, content)
    except BadImage:
        raise
    except Exception as error:  # damaged, or compressed in a way that needs a further package
        raise BadImage(_unreadable(name, error)) from error
    if axes in _BANDS_FIRST:
        array = np.moveaxis(array, 0, -1)
    elif axes not in ("YX", "YXS", "YXC"):
        raise BadImage(
            "{name} is a TIFF with axes {axes}; expected one page of height × width × bands.", name=name, axes=axes
        )
    if array.size == 0:
        raise BadImage("{name} is a TIFF without pixels. Save it again.", name=name)
    return array.reshape(*array.shape[:2], -1)


def _decoded(part: Any, content: bytes) -> tuple[str, NDArray[np.generic]]:
    """The axes and pixels of a page or series.

    OpenCV reads compressions for which tifffile needs a further package; bytes it would multiply by the transparency.
    """
    try:
        return part.axes, np.asarray(part.asarray(maxworkers=1))
    except Exception:
        pixels = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_UNCHANGED)
        if pixels is None or pixels.size != part.size or pixels.dtype == np.uint8:
            raise
        return ("YX", pixels) if pixels.ndim == 2 else ("YXS", in_rgb_order(pixels))


def in_rgb_order(pixels: NDArray[np.generic]) -> NDArray[np.generic]:
    """OpenCV's blue, green, red(, alpha) as red, green, blue(, alpha)."""
    return pixels[..., [2, 1, 0, 3][: pixels.shape[2]]]


def _page_count(content: bytes) -> int:
    """The number of pages of a file, at most _MOST_PAGES + 1; 0 where their chain returns to a page."""
    order = "<" if content[:2] == b"II" else ">"
    big = content[2:4] in (b"+\0", b"\0+")
    number, count, entry, start = ("Q", "Q", 20, 8) if big else ("I", "H", 12, 4)
    reached: set[int] = set()
    try:
        (offset,) = struct.unpack_from(order + number, content, start)
        while offset and len(reached) <= _MOST_PAGES:
            if offset in reached:
                return 0
            reached.add(offset)
            (entries,) = struct.unpack_from(order + count, content, offset)
            (offset,) = struct.unpack_from(order + number, content, offset + struct.calcsize(count) + entries * entry)
    except struct.error:  # the chain leaves the file; the pages before that are sound
        pass
    return len(reached)


def _unreadable(name: str, error: Exception) -> Message:
    return Message(
        "{name} is a TIFF that cannot be read ({error}). Save it uncompressed or with Deflate compression.",
        name=name,
        error=str(error)[:200] or type(error).__name__,
    )
