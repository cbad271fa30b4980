"""Files → arrays: photos upright and in RGB, label maps as class ids, anything else a sentence.

Everything is decoded by Pillow, whose result for a JPEG was found identical to OpenCV's and whose header can be
read before a single pixel is decoded: a small file that unfolds to gigabytes is refused by its size alone.

What a photo becomes (``read_image``):

    EXIF orientation    turned upright
    alpha               laid over white, as a browser shows it on a white page
    grey, palette       RGB
    CMYK, YCbCr, Lab    RGB by Pillow's conversion, without colour profiles
    16 bit              scaled to 8: see ``_to_eight_bits``
    animated            the first frame
"""

import hashlib
import io
import os
import re
from pathlib import Path

import numpy as np
import PIL.Image
import PIL.ImageOps
import tifffile
from numpy.typing import NDArray

from segcore.errors import BadImage, Message
from segcore.types import Image, LabelMap

MAX_PIXELS = 40_000_000
"""Larger images are refused: 40 megapixels are 120 MB as RGB, and several copies are needed on the way."""

MAX_SIDE = 16_384
"""Longer sides are refused: browsers do not draw a larger canvas."""

MIN_SIDE = 8
"""A photo with a shorter side has nothing to segment. (Datasets and label maps may be smaller.)"""

# OpenCV reads this when it is first imported; for whoever decodes files with it later in this process.
os.environ.setdefault("OPENCV_IO_MAX_IMAGE_PIXELS", str(MAX_PIXELS))
# Pillow warns above this size and refuses above twice this size, both while reading the header.
PIL.Image.MAX_IMAGE_PIXELS = MAX_PIXELS

_ISO_BRANDS = {b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1"}
_EXIF_ORIENTATION = 0x0112
_SIXTEEN_BIT_MODES = ("I", "F")  # prefixes: "I", "I;16", "I;16B", "F"
_SCALES = (255, 4095, 65535)  # what 8-, 12- and 16-bit cameras use


class NotLabels(BadImage):
    """A picture that was read well but whose values are no class ids."""

    @property
    def kind(self) -> str:
        """What it is instead: "colour_mask", "jpeg_mask" or "unknown_value"."""
        return str(self.facts["kind"])


def read_image(data: bytes | str | Path, name: str | None = None) -> Image:
    """Read a photo that a person handed in.

    Args:
        data: the file's bytes, or its path.
        name: what the user calls it; the path's own name where ``data`` is a path.

    Returns:
        The photo with its ``image_id``, the sha256 of the bytes.

    Raises:
        BadImage: not an image, broken, or of a size that is refused.
    """
    content, name = _bytes_and_name(data, name)
    rgb = decode(content, name, channels=3)
    height, width = rgb.shape[:2]
    if min(height, width) < MIN_SIDE:
        raise BadImage(
            "{name} is {width} × {height} pixels; there is nothing to segment in an image with a side below {least} "
            "pixels. Choose a larger photo.",
            name=name,
            width=width,
            height=height,
            least=MIN_SIDE,
        )
    return Image(image_id=hashlib.sha256(content).hexdigest(), rgb=rgb, name=name)


def read_labels(data: bytes | str | Path, name: str | None = None) -> LabelMap:
    """Read a label map: one channel whose values are class ids.

    Palette files give their indices, never their colours. 16-bit files are welcome while no value exceeds 255.
    Whether the values make sense (0 and 255 for "no" and "yes", say) is a question for the dataset and its doctor.

    Returns:
        (H, W) uint8.

    Raises:
        NotLabels: its values are no class ids: colours, JPEG, numbers above 255.
        BadImage: unreadable.
    """
    content, name = _bytes_and_name(data, name)
    picture = _open(content, name)
    if picture.format == "JPEG":
        raise NotLabels(
            "{file} is a JPEG, which changes pixel values, so its class ids are lost. Save label maps as 8-bit PNG, "
            "from the original masks.",
            kind="jpeg_mask",
            file=name,
        )
    if picture.mode not in ("1", "L", "P") and not picture.mode.startswith("I"):
        raise NotLabels(
            "{file} holds colours (mode {mode}), but a label map has one channel whose values are class ids. Convert "
            "each colour to its class id and save as 8-bit PNG.",
            mode=picture.mode,
            kind="colour_mask",
            file=name,
        )
    values = np.asarray(_decoded(picture, name))
    if values.dtype == bool:
        values = values.astype(np.uint8)
    if values.dtype != np.uint8:
        if values.size and (int(values.max()) > 255 or int(values.min()) < 0):
            raise NotLabels(
                "{file} holds the value {value}; class ids are 0 … 254 and 255 means ignored. If the numbers count "
                "objects, replace each by the class of its object.",
                kind="unknown_value",
                file=name,
                value=int(values.max()),
            )
        values = values.astype(np.uint8)
    return values


def decode(data: bytes | str | Path, name: str | None = None, *, channels: int = 3) -> NDArray[np.uint8]:
    """Decode an image to a fixed number of channels.

    Args:
        data: the file's bytes, or its path.
        name: what to call it in a message.
        channels: 3 gives RGB and 1 gives grey, whatever the file holds; any other number must be what the file
            has (RGBA, or a TIFF with that many bands), and the bands are taken as they are.

    Returns:
        (H, W, channels) uint8.

    Raises:
        BadImage: unreadable, refused for its size, or with another number of bands than asked for.
    """
    content, name = _bytes_and_name(data, name)
    if channels not in (1, 3):
        return _bands(content, name, channels)
    try:
        picture = _open(content, name)
    except BadImage:
        if _is_tiff(content):  # 16-bit RGB and other TIFFs that Pillow does not know
            return _from_bands(_tiff_bands(content, name), name, channels)
        raise
    picture = _decoded(picture, name)
    if picture.mode.startswith(_SIXTEEN_BIT_MODES):
        grey = _to_eight_bits(np.asarray(picture))
        return np.repeat(grey[..., None], channels, axis=2)
    if picture.has_transparency_data:
        picture = picture.convert("RGBA")
        white = PIL.Image.new("RGBA", picture.size, (255, 255, 255, 255))
        picture = PIL.Image.alpha_composite(white, picture)
    mode = "RGB" if channels == 3 else "L"
    array = np.asarray(picture if picture.mode == mode else picture.convert(mode))
    return array.reshape(*array.shape[:2], channels)


def turned_by_exif(data: bytes | str | Path, name: str | None = None) -> bool:
    """Is the photo stored in another position than it is shown in?

    Raises:
        BadImage: the header cannot be read.
    """
    content, name = _bytes_and_name(data, name)
    picture = _open(content, name)
    try:
        return picture.getexif().get(_EXIF_ORIENTATION, 1) in range(2, 9)
    except Exception:  # a damaged EXIF block turns nothing
        return False


def _bytes_and_name(data: bytes | str | Path, name: str | None) -> tuple[bytes, str]:
    """The content, and a name for messages."""
    if isinstance(data, bytes):
        return data, name or "The image"
    path = Path(data)
    try:
        return path.read_bytes(), name or path.name
    except OSError as error:
        raise BadImage(
            "{data} cannot be read: {error}. Check the path.", data=data, error=error.strerror or error
        ) from error


def _open(content: bytes, name: str) -> PIL.Image.Image:
    """Read the header; the size is checked, no pixel is decoded yet."""
    if not content:
        raise BadImage(
            "{name} is empty (0 bytes). It may not have been copied or uploaded whole; try again.", name=name
        )
    try:
        picture = PIL.Image.open(io.BytesIO(content))
    except (PIL.Image.DecompressionBombError, PIL.Image.DecompressionBombWarning) as error:
        found = re.search(r"\((\d+) pixels\)", str(error))
        size = f"{int(found.group(1)) / 1e6:.0f}" if found else Message("far too many")
        raise BadImage(_too_many_pixels(name, size)) from error
    except Exception as error:  # a damaged header may raise anything from a decoder; the sentence is the same
        raise BadImage(_not_an_image(content, name)) from error
    width, height = picture.size
    if width * height > MAX_PIXELS:
        raise BadImage(_too_many_pixels(name, f"{width} × {height} = {width * height / 1e6:.0f}"))
    if max(width, height) > MAX_SIDE:
        raise BadImage(
            "{name} is {width} × {height} pixels; a side may have at most {most}. Cut it into pieces or make it "
            "smaller.",
            name=name,
            width=width,
            height=height,
            most=MAX_SIDE,
        )
    return picture


def _decoded(picture: PIL.Image.Image, name: str) -> PIL.Image.Image:
    """Decode the pixels of the first frame and turn them upright."""
    try:
        picture.seek(0)
        picture.load()
    except Exception as error:  # as above: decoders raise what they like on damaged data
        raise BadImage(
            "{name} starts as a {format} image of {width} × {height} pixels but its data is cut off or damaged. Copy "
            "or download it again.",
            name=name,
            format=picture.format,
            width=picture.width,
            height=picture.height,
        ) from error
    try:
        return PIL.ImageOps.exif_transpose(picture)
    except Exception:  # a damaged EXIF block is no reason to refuse a sound picture
        return picture


def _too_many_pixels(name: str, megapixels: str) -> Message:
    return Message(
        "{name} has {size} million pixels; the limit is {most:.0f} million. Make it smaller or cut it into pieces.",
        name=name,
        size=megapixels,
        most=MAX_PIXELS / 1e6,
    )


def _not_an_image(content: bytes, name: str) -> Message:
    """Say what the file is where its first bytes tell."""
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


def _to_eight_bits(values: NDArray[np.generic]) -> NDArray[np.uint8]:
    """Scale numbers of any depth to 0 … 255.

    Integers are divided by the smallest of 255, 4095, 65535 that holds the largest value: 12-bit cameras store
    their numbers in 16-bit files, which would otherwise look black. Floats within 0 … 1 are multiplied by 255. All
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
    return np.rint(scaled).astype(np.uint8)


def _is_tiff(content: bytes) -> bool:
    return content[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")


def _bands(content: bytes, name: str, channels: int) -> NDArray[np.uint8]:
    """All bands of the file as they are; their number must be ``channels``."""
    if _is_tiff(content):
        bands = _tiff_bands(content, name)
    else:
        picture = _decoded(_open(content, name), name)
        array = np.asarray(picture.convert("RGBA") if picture.mode == "P" else picture)
        bands = array.reshape(*array.shape[:2], -1)
    if bands.shape[2] != channels:
        raise BadImage(
            "{name} has {bands} channels, but this dataset has {channels}. Convert the image, or correct in_channels "
            "in classes.json.",
            name=name,
            bands=bands.shape[2],
            channels=channels,
        )
    return _to_eight_bits(bands)


def _from_bands(bands: NDArray[np.generic], name: str, channels: int) -> NDArray[np.uint8]:
    """Grey or RGB from the bands of a TIFF that Pillow cannot read; a fourth band is left out."""
    if bands.shape[2] not in (1, 2, 3, 4):
        raise BadImage(
            "{name} has {bands} bands; a photo has 1 (grey), 3 (RGB) or 4. Choose three bands and save them.",
            name=name,
            bands=bands.shape[2],
        )
    eight = _to_eight_bits(bands)
    rgb = eight[..., :3] if eight.shape[2] >= 3 else np.repeat(eight[..., :1], 3, axis=2)
    if channels == 3:
        return np.ascontiguousarray(rgb)
    return np.asarray(PIL.Image.fromarray(np.ascontiguousarray(rgb)).convert("L"))[..., None]


def _tiff_bands(content: bytes, name: str) -> NDArray[np.generic]:
    """The first page of a TIFF as (H, W, bands), in the file's own number type."""
    try:
        with tifffile.TiffFile(io.BytesIO(content)) as file:
            series = file.series[0]
            axes = series.axes
            if series.size > 4 * MAX_PIXELS:  # all bands together; 40 megapixels of RGBA
                raise BadImage(_too_many_pixels(name, Message("with all bands {count:.0f}", count=series.size / 1e6)))
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
