"""Photos as files, for tests of reading them."""

import io
import struct
import zlib
from typing import Any

import numpy as np
import PIL.Image
import tifffile


def encoded(array: np.ndarray | PIL.Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    image = PIL.Image.fromarray(array) if isinstance(array, np.ndarray) else array
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def as_tiff(array: np.ndarray, **options: Any) -> bytes:
    buffer = io.BytesIO()
    tifffile.imwrite(buffer, array, **options)
    return buffer.getvalue()


def png_chunks(header: tuple[int, ...], rows: bytes) -> bytes:
    """A PNG of (width, height, depth, colour type) and rows that each begin with a filter byte."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", *header, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def png_header(width: int, height: int) -> bytes:
    """A PNG that claims a size and holds next to nothing."""
    return png_chunks((width, height, 8, 0), b"\0")


def sixteen_bit_png(values: np.ndarray) -> bytes:
    """A PNG of 16 bits per value, (H, W, 1 … 4): grey, grey with alpha, RGB, RGBA."""
    height, width, bands = values.shape
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in values)
    return png_chunks((width, height, 16, {1: 0, 2: 4, 3: 2, 4: 6}[bands]), rows)


def without_adobe_marker(jpeg: bytes) -> bytes:
    """A JPEG without its APP14 segment."""
    start = jpeg.index(b"\xff\xee")
    (length,) = struct.unpack_from(">H", jpeg, start + 2)
    return jpeg[:start] + jpeg[start + 2 + length :]
