"""Images of more than 8 bits, or of other bands than RGB, before they become bytes."""

from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
import PIL.Image
from numpy.typing import NDArray

from segcore.data.image_depth import ValueRange, joined_range, measured_range, scale_of, to_eight_bits
from segcore.data.image_files import bytes_and_name, load, open_image, orientation_of, upright
from segcore.data.tiff_files import in_rgb_order, is_tiff, read_header, read_tiff_bands
from segcore.errors import BadImage
from segcore.types import Pixels

FindScale = Callable[[], ValueRange | None]
"""Returns the range that becomes 0 … 255, or None for that of the image's own values."""

_DEEP_MODES = ("I", "F")  # prefixes: "I", "I;16", "I;16B", "F"
_SCANNED_FILES = 32


class DeepImage(NamedTuple):
    """A decoded image of any number type, as stored: not rotated.

    Attributes:
        values: (H, W, bands), grey or colours, in the file's number type.
        alpha: (H, W), None without declared transparency.
        premultiplied: whether the values are multiplied by that.
        orientation: of EXIF, 1 … 8.
        profile: the ICC profile, empty without one.
        inverted: whether 0 is white.
        left_out: number of further bands, which are neither colours nor declared as transparency.
    """

    values: NDArray[np.generic]
    alpha: NDArray[np.generic] | None = None
    premultiplied: bool = False
    orientation: int = 1
    profile: bytes = b""
    inverted: bool = False
    left_out: int = 0


def read_deep(content: bytes, name: str) -> DeepImage | None:
    """An image of more than 8 bits per value, or a TIFF with further bands; None for all others. Raises BadImage."""
    if not is_tiff(content):
        return _deep_image(open_image(content, name), content, name)
    header = read_header(content, name)
    if header.deep:
        return deep_tiff(content, name)
    with suppress(BadImage):  # a compression that only Pillow reads
        return deep_tiff(content, name) if header.extra else None
    return None


def _deep_image(image: PIL.Image.Image, content: bytes, name: str) -> DeepImage | None:
    """The same of an image that Pillow has opened."""
    colours = content[25:26] in (b"\2", b"\4", b"\6") and content[24:25] == b"\x10" and image.format == "PNG"
    if not colours and not image.mode.startswith(_DEEP_MODES):
        return None
    load(image, name)
    profile, orientation = bytes(image.info.get("icc_profile") or b""), orientation_of(image)
    if not colours:
        return DeepImage(np.asarray(image)[..., None], orientation=orientation, profile=profile)
    # Pillow keeps only the upper 8 bits of 16-bit colours.
    pixels = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_UNCHANGED)
    if pixels is None or pixels.ndim != 3:
        return None
    values = in_rgb_order(pixels)
    alpha = values[..., 3] if values.shape[2] == 4 else None
    return DeepImage(values[..., :3], alpha, orientation=orientation, profile=profile)


def deep_tiff(content: bytes, name: str) -> DeepImage:
    """The first image of a TIFF, of any number type, as a photo: 1 or 3 bands; BadImage for more than four."""
    header = read_header(content, name)
    bands = read_tiff_bands(content, name)
    count = bands.shape[2]
    if count > 4:
        raise BadImage(
            "{name} has {bands} bands; a photo has 1 (grey), 3 (RGB) or 4. Choose three bands and save them.",
            name=name,
            bands=count,
        )
    colours = 3 if count >= 3 else 1
    alpha = bands[..., -1] if header.alpha and count > colours and is_transparency(bands[..., -1]) else None
    left_out = count - colours - (alpha is not None)
    return DeepImage(
        values=bands[..., :colours],
        alpha=alpha,
        premultiplied=header.premultiplied,
        orientation=header.orientation,
        profile=header.profile,
        inverted=header.inverted,
        left_out=left_out,
    )


def is_transparency(band: NDArray[np.generic]) -> bool:
    """Whether a band that a TIFF declares as transparency is: some pixel is opaque.

    Many programs declare every fourth band so, also near infrared.
    """
    bits = 8 * band.dtype.itemsize - (band.dtype.kind == "i")
    full = float(2**bits - 1) if band.dtype.kind in "iu" else 1.0
    largest = float(band.max(initial=0))
    return largest >= full or (band.dtype.itemsize > 1 and largest in (255.0, 4095.0))


def folder_scale(path: Path | None) -> ValueRange | None:
    """The scale of all images of more than 8 bits in the folder of ``path`` that have its suffix; None without one.

    So the photos of a dataset keep their relative brightness. It is that of the values of 32 files, evenly spread over
    the sorted names; larger values elsewhere are clipped.
    """
    if path is None:
        return None
    try:
        changed = path.parent.stat().st_mtime_ns
    except OSError:
        return None
    return _folder_scale(path.parent, path.suffix.lower(), changed)


@lru_cache(maxsize=64)
def _folder_scale(folder: Path, suffix: str, changed: int) -> ValueRange | None:  # noqa: ARG001 - a part of the key
    files = sorted(file for file in folder.iterdir() if file.suffix.lower() == suffix and file.name[0] != ".")
    step = max(1, -(-len(files) // _SCANNED_FILES))
    ranges, fractional = [], False
    for file in files[::step]:
        try:
            values = _deep_values(*bytes_and_name(file, None))
        except BadImage:
            continue
        if values is not None:
            ranges.append(measured_range(values))
            fractional |= np.issubdtype(values.dtype, np.floating)
    return scale_of(joined_range(ranges), fractional=fractional) if ranges else None


def _deep_values(content: bytes, name: str) -> NDArray[np.generic] | None:
    """The values of an image of more than 8 bits, whatever its number of bands."""
    if is_tiff(content):
        if not read_header(content, name).deep:
            return None
        bands = read_tiff_bands(content, name, stacked=True)
        return bands if bands.shape[2] > 4 else bands[..., : 3 if bands.shape[2] >= 3 else 1]
    deep = read_deep(content, name)
    return None if deep is None else deep.values


def read_bands(content: bytes, name: str, channels: int, find_scale: FindScale) -> Pixels:
    """All bands of a file, (H, W, channels); BadImage where it is unreadable or has another number of bands."""
    if is_tiff(content):
        orientation, bands = read_header(content, name).orientation, read_tiff_bands(content, name, stacked=True)
    elif deep := read_deep(content, name):
        alpha = [] if deep.alpha is None else [deep.alpha[..., None]]
        orientation, bands = deep.orientation, np.concatenate([deep.values, *alpha], axis=2)
    else:
        image = open_image(content, name)
        load(image, name)
        image = upright(image, orientation_of(image))
        array = np.asarray(image.convert("RGBA") if image.mode == "P" else image)
        orientation, bands = 1, array.reshape(*array.shape[:2], -1)
    if bands.shape[2] != channels:
        raise BadImage(
            "{name} has {bands} channels, but this dataset has {channels}. Convert the image, or correct in_channels "
            "in classes.json.",
            name=name,
            bands=bands.shape[2],
            channels=channels,
        )
    eight = to_eight_bits(bands, None if bands.dtype == np.uint8 else find_scale())
    return eight if orientation == 1 else _upright_bands(eight, orientation)


def _upright_bands(bands: Pixels, orientation: int) -> Pixels:
    """Bands (H, W, C), rotated as an EXIF orientation requires."""
    return np.dstack([np.asarray(upright(PIL.Image.fromarray(band), orientation)) for band in np.moveaxis(bands, 2, 0)])
