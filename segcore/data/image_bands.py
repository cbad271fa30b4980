"""Images of any number of bands and any depth, as (H, W, bands) uint8."""

import io

import numpy as np
import PIL.Image
import tifffile
from numpy.typing import NDArray

from segcore.data.image_files import MAX_PIXELS, decode_upright, open_image, too_many_pixels
from segcore.errors import BadImage, Message
from segcore.pictures import as_rgb
from segcore.types import Pixels

_SCALES = (255, 4095, 65535)  # the largest values of 8-, 12- and 16-bit cameras


def to_eight_bits(values: NDArray[np.generic]) -> Pixels:
    """Scale numbers of any depth to 0 … 255.

    Integers are divided by the smallest of 255, 4095, 65535 that holds the largest value: 12-bit cameras store
    their numbers in 16-bit files, which would otherwise be nearly black. Floats within 0 … 1 are multiplied by 255. All
    else is stretched from its smallest to its largest value.
    """
    if values.dtype == np.uint8:
        return values.astype(np.uint8, copy=False)
    numbers = np.nan_to_num(values.astype(np.float64), nan=0.0, posinf=0.0, neginf=0.0)
    low, high = float(numbers.min()), float(numbers.max())
    fractional = np.issubdtype(values.dtype, np.floating)
    if fractional and low >= 0 and high <= 1:
        low, high = 0.0, 1.0
    elif low >= 0 and high <= _SCALES[-1]:
        low, high = 0.0, float(next(scale for scale in _SCALES if high <= scale))
    scaled = (numbers - low) * (255.0 / max(high - low, 1e-12))
    return np.asarray(np.rint(scaled), np.uint8)


def is_tiff(content: bytes) -> bool:
    """Whether a file begins as a TIFF."""
    return content[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")


def read_bands(content: bytes, name: str, channels: int) -> Pixels:
    """All bands of a file, (H, W, channels); BadImage where it is unreadable or has another number of bands."""
    if is_tiff(content):
        bands = _tiff_bands(content, name)
    else:
        image = decode_upright(open_image(content, name), name)
        array = np.asarray(image.convert("RGBA") if image.mode == "P" else image)
        bands = array.reshape(*array.shape[:2], -1)
    if bands.shape[2] != channels:
        raise BadImage(
            "{name} has {bands} channels, but this dataset has {channels}. Convert the image, or correct in_channels "
            "in classes.json.",
            name=name,
            bands=bands.shape[2],
            channels=channels,
        )
    return to_eight_bits(bands)


def read_tiff(content: bytes, name: str, channels: int) -> Pixels:
    """Grey (H, W, 1) or RGB (H, W, 3) from a TIFF that Pillow cannot read, without a fourth band; BadImage for more."""
    bands = _tiff_bands(content, name)
    if bands.shape[2] not in (1, 2, 3, 4):
        raise BadImage(
            "{name} has {bands} bands; a photo has 1 (grey), 3 (RGB) or 4. Choose three bands and save them.",
            name=name,
            bands=bands.shape[2],
        )
    rgb = np.ascontiguousarray(as_rgb(to_eight_bits(bands)))
    return rgb if channels == 3 else np.asarray(PIL.Image.fromarray(rgb).convert("L"))[..., None]


def _tiff_bands(content: bytes, name: str) -> NDArray[np.generic]:
    """The first page of a TIFF as (H, W, bands), in the file's number type."""
    try:
        with tifffile.TiffFile(io.BytesIO(content)) as file:
            series = file.series[0]
            axes = series.axes
            if series.size > 4 * MAX_PIXELS:  # all bands together; 40 megapixels of RGBA
                raise BadImage(too_many_pixels(name, Message("with all bands {count:.0f}", count=series.size / 1e6)))
            array = series.asarray()
    except BadImage:
        raise
    except Exception as error:  # damaged, or compressed in a way that needs a further package
        raise BadImage(
            "{name} is a TIFF that cannot be read ({error}). Save it uncompressed or with Deflate compression.",
            name=name,
            error=error,
        ) from error
    if axes in ("SYX", "CYX", "QYX", "IYX"):
        array = np.moveaxis(array, 0, -1)
    elif axes not in ("YX", "YXS", "YXC"):
        raise BadImage(
            "{name} is a TIFF with axes {axes}; expected one page of height × width × bands.", name=name, axes=axes
        )
    if array.size == 0:
        raise BadImage("{name} is a TIFF without pixels. Save it again.", name=name)
    return array.reshape(*array.shape[:2], -1)
