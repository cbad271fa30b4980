"""Images for people: the one place that turns arrays into PNG and JPEG files, and makes thumbnails.

Photos from a user are read by `segcore.data.images`; `decode_rgb` and `decode_grey` read what this module wrote.
"""

import io
from collections.abc import Sequence
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image as PillowImage

from segcore.palette import colour_table
from segcore.types import RGB, Colour, LabelMap

# Of all settings of OpenCV's encoder this one is both fast and small on masks and photos (1024 x 768, one core:
# 17 ms and 260 kB for label maps, 32 ms and 840 kB for an overlay; the default level 6 takes 53 and 160 ms).
_PNG = (cv2.IMWRITE_PNG_COMPRESSION, 1, cv2.IMWRITE_PNG_STRATEGY, cv2.IMWRITE_PNG_STRATEGY_RLE)


def as_rgb(image: NDArray[np.uint8]) -> RGB:
    """An image (H, W, C) uint8 of any number of channels as (H, W, 3), to be shown.

    The first three channels are red, green and blue; of one or two channels the first is shown as grey.
    """
    return image[..., :3] if image.shape[2] >= 3 else np.repeat(image[..., :1], 3, axis=2)


def encode(pixels: NDArray[np.uint8], kind: Literal["png", "jpg"] = "png", *, quality: int = 90) -> bytes:
    """An image (H, W) or (H, W, C) uint8 as the bytes of a file; C channels are written as `as_rgb` shows them.

    PNG is lossless; ``quality``, 1 … 100, is that of JPEG.

    Raises:
        ValueError: the array is no image of bytes.
    """
    if pixels.dtype != np.uint8 or pixels.ndim not in (2, 3) or not pixels.size:
        raise ValueError(f"expected (H, W) or (H, W, C) uint8, got {pixels.shape} {pixels.dtype}")
    settings = _PNG if kind == "png" else (cv2.IMWRITE_JPEG_QUALITY, quality)
    bgr = pixels if pixels.ndim == 2 else as_rgb(pixels)[..., ::-1]
    written, data = cv2.imencode(f".{kind}", np.ascontiguousarray(bgr), settings)
    if not written:
        raise ValueError(f"an array of {pixels.shape} cannot be written as {kind}")
    return data.tobytes()


def encode_rgba(pixels: NDArray[np.uint8]) -> bytes:
    """An image (H, W, 4) uint8 with its transparency as the bytes of a PNG file.

    Raises:
        ValueError: the array is no such image.
    """
    if pixels.dtype != np.uint8 or pixels.ndim != 3 or pixels.shape[2] != 4 or not pixels.size:
        raise ValueError(f"expected (H, W, 4) uint8, got {pixels.shape} {pixels.dtype}")
    _, data = cv2.imencode(".png", np.ascontiguousarray(pixels[..., [2, 1, 0, 3]]), _PNG)
    return data.tobytes()


def encode_palette(labels: LabelMap, colours: Sequence[Colour]) -> bytes:
    """Class ids (H, W) as an 8-bit palette PNG: programs read ids, image viewers show the colours."""
    image = PillowImage.fromarray(labels)
    image.putpalette(colour_table(colours).tobytes())  # makes it a palette image; 256 entries, so 8 bits
    file = io.BytesIO()
    image.save(file, "PNG", compress_level=6)
    return file.getvalue()


def palette_of(data: bytes) -> tuple[Colour, ...]:
    """The colours of the palette of an image file; empty without one, or for no image."""
    try:
        with PillowImage.open(io.BytesIO(data)) as image:
            numbers = image.getpalette("RGB") if image.mode == "P" else None
    except (OSError, ValueError):
        return ()
    return tuple(zip(*[iter(numbers or [])] * 3, strict=True))


def decode_rgb(data: bytes) -> RGB:
    """The bytes of a file that `encode` wrote as (H, W, 3) uint8; ValueError where they hold no image."""
    return np.ascontiguousarray(_decoded(data, cv2.IMREAD_COLOR)[..., ::-1])


def decode_grey(data: bytes) -> NDArray[np.uint8]:
    """The same as (H, W) uint8, for grey images and label maps."""
    return _decoded(data, cv2.IMREAD_GRAYSCALE)


def thumbnail(image: NDArray[np.uint8], longest: int) -> bytes:
    """A JPEG of an image (H, W, C), reduced so that its longer side has at most ``longest`` pixels."""
    height, width = image.shape[:2]
    scale = min(1.0, longest / max(height, width))
    return encode(_resized(as_rgb(image), round(height * scale), round(width * scale)), "jpg", quality=85)


def square_thumbnail(image: NDArray[np.uint8], side: int) -> bytes:
    """The middle square of an image (H, W, C) as a JPEG of ``side`` × ``side`` pixels."""
    height, width = image.shape[:2]
    edge = min(height, width)
    top, left = (height - edge) // 2, (width - edge) // 2
    middle = as_rgb(image)[top : top + edge, left : left + edge]
    return encode(_resized(middle, side, side), "jpg", quality=82)


def _resized(rgb: RGB, height: int, width: int) -> RGB:
    """Averaged where it shrinks, interpolated where it grows."""
    size = (max(1, height), max(1, width))
    if size == rgb.shape[:2]:
        return rgb
    method = cv2.INTER_AREA if size[0] < rgb.shape[0] else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(np.ascontiguousarray(rgb), size[::-1], interpolation=method), np.uint8)


def _decoded(data: bytes, flag: int) -> NDArray[np.uint8]:
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), flag)
    if pixels is None:
        raise ValueError("the bytes hold no image")
    return np.asarray(pixels, np.uint8)
