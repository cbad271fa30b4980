"""One photo, from bytes to an upright image in sRGB; `segcore.data.images` states the rules."""

from dataclasses import dataclass

import numpy as np
import PIL.Image

from segcore.data.image_bands import DeepImage, FindScale, deep_tiff, is_transparency, read_deep
from segcore.data.image_colours import over_white, to_srgb
from segcore.data.image_depth import ValueRange, measured_range, scale_for_network, scale_of, to_eight_bits
from segcore.data.image_files import MAX_PIXELS, MAX_SIDE, load, open_image, orientation_of, upright
from segcore.data.tiff_files import is_tiff, read_header
from segcore.errors import BadImage, Message
from segcore.types import Pixels

_FORMATS = {"MPO": "MPO", "GIF": "GIF", "WEBP": "WebP", "PNG": "PNG", "AVIF": "AVIF", "TIFF": "TIFF", "HEIF": "HEIC"}


@dataclass(frozen=True)
class DecodedPhoto:
    """A photo as an image of Pillow's mode L or RGB.

    ``size`` is that of the file, (height, width), rotated upright: larger than the image's where that was shrunk.
    ``notes`` state, each in a few words, what was done to it that is not obvious.
    """

    image: PIL.Image.Image
    size: tuple[int, int]
    notes: tuple[Message, ...]


def decode_photo(
    content: bytes,
    name: str,
    *,
    find_scale: FindScale | None = None,
    trained: ValueRange | None = None,
    shrink: bool = False,
) -> DecodedPhoto:
    """Decode a photo; with ``shrink`` to at most MAX_PIXELS and MAX_SIDE, in less memory where the format permits it.

    ``find_scale`` gives the scale of values of more than 8 bits, by default that of the photo itself, or that of a
    network which was ``trained`` on another, see `scale_for_network`.

    Raises:
        BadImage: unreadable, or refused for its size.
    """
    notes: list[Message] = []
    deep = read_deep(content, name)
    if deep is None:
        image, size, orientation = _bytes_image(content, name, notes, shrink=shrink)
    else:
        image, orientation = _scaled(deep, find_scale, trained, notes), deep.orientation
        size = image.size
    factor = _shrinking(image.size) if shrink else 1
    if factor > 1:
        if image.mode not in ("L", "RGB", "RGBA", "CMYK"):
            image = _like(image.convert("RGBA" if image.has_transparency_data else "RGB"), image)
        image = _like(image.reduce(factor), image)
    if image.size != size:
        before, after = (f"{width * height / 1e6:.0f}" for width, height in (size, image.size))
        notes.append(Message("{before} megapixels, shrunk to {after}", before=before, after=after))
    image, profile = to_srgb(image)
    if profile:
        notes.append(Message("colours converted from {profile} to sRGB", profile=profile))
    if orientation != 1:
        notes.append(Message("rotated upright by its EXIF orientation ({number})", number=orientation))
    image = upright(over_white(image), orientation)
    swapped = orientation >= 5
    return DecodedPhoto(image, size if swapped else size[::-1], tuple(notes))


def _bytes_image(
    content: bytes, name: str, notes: list[Message], *, shrink: bool
) -> tuple[PIL.Image.Image, tuple[int, int], int]:
    """A decoded image of 8 bits, the (width, height) of the file, and the orientation to be applied."""
    try:
        image = open_image(content, name)
    except BadImage:
        if not is_tiff(content):
            raise
        deep = deep_tiff(content, name)  # TIFFs that Pillow cannot read
        image = _scaled(deep, None, None, notes)
        return image, image.size, deep.orientation
    size = image.size
    if getattr(image, "is_animated", False):
        notes.append(
            Message("first image of a {format} file with several", format=_FORMATS.get(image.format or "", ""))
        )
    orientation = orientation_of(image)
    if shrink and _shrinking(size) > 1 and image.format in ("JPEG", "MPO"):
        factor = _shrinking(size)
        image.draft(None, (size[0] // factor, size[1] // factor))
    load(image, name)
    if image.format == "TIFF":  # Pillow has rotated it
        size = size if orientation < 5 else size[::-1]
        image, orientation = _without_band(image, content, name, notes), 1
    return image, size, orientation


def _without_band(image: PIL.Image.Image, content: bytes, name: str, notes: list[Message]) -> PIL.Image.Image:
    """A TIFF that Pillow read, without a last band that is no transparency."""
    if image.mode not in ("RGBA", "LA") or (
        read_header(content, name).alpha and is_transparency(np.asarray(image.getchannel("A")))
    ):
        return image
    notes.append(_left_out(1))
    bands = [image.getchannel(band) for band in image.getbands()[:-1]]
    return _like(PIL.Image.merge("RGB", bands) if len(bands) == 3 else bands[0], image)


def _scaled(
    deep: DeepImage, find_scale: FindScale | None, trained: ValueRange | None, notes: list[Message]
) -> PIL.Image.Image:
    """An image of more than 8 bits as one of bytes: L, RGB, LA or RGBA."""
    values = deep.values
    fractional = bool(np.issubdtype(values.dtype, np.floating))
    scale = find_scale() if find_scale else None
    own = scale or scale_of(measured_range(values), fractional=fractional)
    scale = scale_for_network(own, trained)
    pixels = to_eight_bits(values, scale)
    if deep.inverted:
        pixels = 255 - pixels
    if values.dtype != np.uint8:
        kind = Message("float image") if fractional else Message("{bits}-bit image", bits=8 * values.dtype.itemsize)
        low, high = (f"{number:.10g}" for number in scale)
        if scale == own:
            notes.append(Message("{kind} scaled from {low} … {high} to 0 … 255", kind=kind, low=low, high=high))
        else:
            notes.append(
                Message(
                    "{kind} scaled from {low} … {high}, the range of the network's training images, to 0 … 255",
                    kind=kind,
                    low=low,
                    high=high,
                )
            )
    if deep.left_out:
        notes.append(_left_out(deep.left_out))
    if deep.alpha is None:
        image = PIL.Image.fromarray(pixels[..., 0] if pixels.shape[2] == 1 else pixels)
    else:
        pixels = np.dstack([pixels, to_eight_bits(deep.alpha)])
        image = _with_alpha(np.ascontiguousarray(pixels), premultiplied=deep.premultiplied)
    if deep.profile:
        image.info["icc_profile"] = deep.profile
    return image


def _with_alpha(pixels: Pixels, *, premultiplied: bool) -> PIL.Image.Image:
    """Grey or colours with alpha, (H, W, 2 or 4), as an image of the mode LA or RGBA."""
    mode = "LA" if pixels.shape[2] == 2 else "RGBA"
    stored = mode[:-1] + "a" if premultiplied else mode
    image = PIL.Image.frombytes(stored, (pixels.shape[1], pixels.shape[0]), pixels.tobytes())
    return image.convert(mode)


def _left_out(count: int) -> Message:
    return Message("{count} further band(s) left out: not declared as transparency, or nowhere opaque", count=count)


def _shrinking(size: tuple[int, int]) -> int:
    """The smallest whole factor by which an image of this size fits the limits."""
    factor = 1
    while size[0] * size[1] > MAX_PIXELS * factor**2 or max(size) > MAX_SIDE * factor:
        factor += 1
    return factor


def _like(image: PIL.Image.Image, source: PIL.Image.Image) -> PIL.Image.Image:
    """An image made from ``source``, with its facts: the colour profile, Adobe's marker, the format."""
    image.info = {key: value for key, value in source.info.items() if key != "transparency"}
    image.format = source.format
    return image
