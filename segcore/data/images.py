"""Photos and label maps of users → arrays.

One set of rules for uploads, ``predict``, datasets and the check of data. The content of a file decides its format,
never its name. What a photo becomes:

    EXIF orientation    rotated upright, in every format; a damaged EXIF block is orientation 1. HEIC and AVIF state
                        their rotation otherwise, and it is applied once
    colour profile      converted to sRGB (Display P3, Adobe RGB, grey, CMYK); a damaged profile is ignored
    grey, palette, Lab  RGB
    CMYK, YCCK          by the profile, or RGB = (1 - ink) (1 - black); inverted where Adobe's marker states it
    transparency        blended over white, as a browser shows it on a white page
    fourth band         left out, unless the file declares it as transparency and some pixel of it is opaque
    more than 8 bits    scaled by the rule of `segcore.data.image_depth`: a photo by its own values or by those of the
                        network's training images, an image of a dataset by those of its folder, or by ``value_range``
                        of classes.json
    several frames      the first: animations, pages of a TIFF, the photo of an MPO
    size                above 40 megapixels, `read_image` shrinks by a whole factor (48 → 12, 108 → 27 megapixels);
                        datasets are read at full size, because masks must fit. Above 125 megapixels (JPEG: 210) a
                        file is refused before it is decoded
    cut-off data        refused, with the number of rows that could be decoded

Label maps are rotated by their own EXIF orientation, never by that of the photo.
"""

import hashlib
from functools import partial
from pathlib import Path

import numpy as np

from segcore.data.image_bands import FindScale, folder_scale, read_bands
from segcore.data.image_depth import ValueRange
from segcore.data.image_files import bytes_and_name, load, open_image, orientation_of, size_text, upright
from segcore.data.photo_decoding import decode_photo
from segcore.errors import BadImage
from segcore.types import Image, LabelMap, Pixels

MIN_SIDE = 8
"""A photo with a shorter side has nothing to segment. (Datasets and label maps may be smaller.)"""


class NotLabels(BadImage):
    """An image that was read but whose values are no class ids."""

    @property
    def kind(self) -> str:
        """What it holds instead: "colour_mask", "jpeg_mask" or "unknown_value"."""
        return str(self.facts["kind"])


def read_image(
    data: bytes | str | Path, name: str | None = None, *, trained: tuple[float, float] | None = None
) -> Image:
    """Read a photo from a user: bytes or a path. ``name`` is for the user, by default the name of the path.

    ``trained`` is the ``value_range`` of the card of the checkpoint that the photo is for.

    Raises:
        BadImage: not an image, broken, or of a size that is refused.
    """
    content, name = bytes_and_name(data, name)
    photo = decode_photo(content, name, trained=None if trained is None else ValueRange(*trained), shrink=True)
    rgb = np.asarray(photo.image.convert("RGB"))
    if min(photo.size) < MIN_SIDE or min(rgb.shape[:2]) < 1:
        raise BadImage(
            "{name} is {size} pixels; there is nothing to segment in an image with a side below {least} pixels. "
            "Choose a larger photo.",
            name=name,
            size=size_text(photo.size),
            least=MIN_SIDE,
        )
    return Image(
        image_id=hashlib.sha256(content).hexdigest(),
        rgb=rgb,
        name=name,
        notes=photo.notes,
        full_size=None if photo.size == rgb.shape[:2] else photo.size,
    )


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
    load(image, name)
    values = np.asarray(upright(image, orientation_of(image)))
    if values.size and not 0 <= int(values.min()) <= int(values.max()) <= 255:
        raise NotLabels(
            "{file} holds the value {value}; class ids are 0 … 254 and 255 means ignored. If the numbers count "
            "objects, replace each by the class of its object.",
            kind="unknown_value",
            file=name,
            value=int(values.max()),
        )
    return values.astype(np.uint8, copy=False)


def decode(
    data: bytes | str | Path,
    name: str | None = None,
    *,
    channels: int = 3,
    value_range: tuple[float, float] | None = None,
) -> Pixels:
    """Decode an image of a dataset (bytes or a path) at full size to (H, W, channels) uint8.

    Three channels are RGB and one is grey, whatever the file holds; any other number must be that of the file (RGBA, or
    a TIFF with that many bands), whose bands are not converted.

    Args:
        data: the content of the file, or its path.
        name: of the file, for errors; by default the name of the path.
        channels: C of the result.
        value_range: the values that become 0 and 255 in images of more than 8 bits. By default these follow from the
            folder of a path, and from the image itself for bytes.

    Raises:
        BadImage: unreadable, refused for its size, or with another number of bands than ``channels``.
    """
    content, name = bytes_and_name(data, name)
    path = None if isinstance(data, bytes) else Path(data)
    find_scale: FindScale = partial(folder_scale, path)
    if value_range is not None:
        find_scale = partial(ValueRange, *value_range)
    if channels not in (1, 3):
        return read_bands(content, name, channels, find_scale)
    image = decode_photo(content, name, find_scale=find_scale).image
    array = np.asarray(image.convert("RGB" if channels == 3 else "L"))
    return array.reshape(*array.shape[:2], channels)
