"""Photos and label maps of users → arrays.

What a photo becomes (`read_image`):

    EXIF orientation    rotated upright
    alpha               blended over white, as a browser shows it on a white page
    grey, palette       RGB
    CMYK, YCbCr, Lab    RGB by Pillow's conversion, without colour profiles
    16 bit              scaled to 8: see `to_eight_bits`
    animated            the first frame
"""

import hashlib
from pathlib import Path

import numpy as np
import PIL.Image

from segcore.data.image_bands import is_tiff, read_bands, read_tiff, to_eight_bits
from segcore.data.image_files import bytes_and_name, decode_upright, open_image, size_text
from segcore.errors import BadImage
from segcore.types import Image, LabelMap, Pixels

MIN_SIDE = 8
"""A photo with a shorter side has nothing to segment. (Datasets and label maps may be smaller.)"""

_SIXTEEN_BIT_MODES = ("I", "F")  # prefixes: "I", "I;16", "I;16B", "F"


class NotLabels(BadImage):
    """An image that was read but whose values are no class ids."""

    @property
    def kind(self) -> str:
        """What it holds instead: "colour_mask", "jpeg_mask" or "unknown_value"."""
        return str(self.facts["kind"])


def read_image(data: bytes | str | Path, name: str | None = None) -> Image:
    """Read a photo from a user: bytes or a path. ``name`` is for the user, by default the name of the path.

    Raises:
        BadImage: not an image, broken, or of a size that is refused.
    """
    content, name = bytes_and_name(data, name)
    rgb = decode(content, name, channels=3)
    if min(rgb.shape[:2]) < MIN_SIDE:
        raise BadImage(
            "{name} is {size} pixels; there is nothing to segment in an image with a side below {least} pixels. "
            "Choose a larger photo.",
            name=name,
            size=size_text(rgb.shape),
            least=MIN_SIDE,
        )
    return Image(image_id=hashlib.sha256(content).hexdigest(), rgb=rgb, name=name)


def read_labels(data: bytes | str | Path, name: str | None = None) -> LabelMap:
    """Read a label map, (H, W) uint8: one channel whose values are class ids.

    Palette files give their indices, never their colours. 16-bit files are accepted while no value exceeds 255. The
    dataset and its check decide what the values mean (0 and 255 may mean "no" and "yes").

    Raises:
        NotLabels: its values are no class ids, but colours, JPEG or numbers above 255.
        BadImage: unreadable.
    """
    content, name = bytes_and_name(data, name)
    image = open_image(content, name)
    if image.format == "JPEG":
        raise NotLabels(
            "{file} is a JPEG, which changes pixel values, so its class ids are lost. Save label maps as 8-bit PNG, "
            "from the original masks.",
            kind="jpeg_mask",
            file=name,
        )
    if image.mode not in ("1", "L", "P") and not image.mode.startswith("I"):
        raise NotLabels(
            "{file} holds colours (mode {mode}), but a label map has one channel whose values are class ids. Convert "
            "each colour to its class id and save as 8-bit PNG.",
            mode=image.mode,
            kind="colour_mask",
            file=name,
        )
    values = np.asarray(decode_upright(image, name))
    if values.size and not 0 <= int(values.min()) <= int(values.max()) <= 255:
        raise NotLabels(
            "{file} holds the value {value}; class ids are 0 … 254 and 255 means ignored. If the numbers count "
            "objects, replace each by the class of its object.",
            kind="unknown_value",
            file=name,
            value=int(values.max()),
        )
    return values.astype(np.uint8, copy=False)


def decode(data: bytes | str | Path, name: str | None = None, *, channels: int = 3) -> Pixels:
    """Decode an image (bytes or a path) to (H, W, channels) uint8; ``name`` is its name in errors.

    Three channels are RGB and one is grey, whatever the file holds; any other number must be that of the file (RGBA, or
    a TIFF with that many bands), whose bands are not converted.

    Raises:
        BadImage: unreadable, refused for its size, or with another number of bands than ``channels``.
    """
    content, name = bytes_and_name(data, name)
    if channels not in (1, 3):
        return read_bands(content, name, channels)
    try:
        image = open_image(content, name)
    except BadImage:
        if is_tiff(content):  # 16-bit RGB and other TIFFs that Pillow cannot read
            return read_tiff(content, name, channels)
        raise
    image = decode_upright(image, name)
    if image.mode.startswith(_SIXTEEN_BIT_MODES):
        grey = to_eight_bits(np.asarray(image))
        return np.repeat(grey[..., None], channels, axis=2)
    if image.has_transparency_data:
        image = image.convert("RGBA")
        white = PIL.Image.new("RGBA", image.size, (255, 255, 255, 255))
        image = PIL.Image.alpha_composite(white, image)
    mode = "RGB" if channels == 3 else "L"
    array = np.asarray(image if image.mode == mode else image.convert(mode))
    return array.reshape(*array.shape[:2], channels)
