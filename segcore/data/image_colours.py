"""Colours of decoded images → sRGB: profiles, CMYK, palettes, transparency."""

import io
from functools import lru_cache

import PIL.Image
import PIL.ImageChops
import PIL.ImageCms

_SRGB = PIL.ImageCms.ImageCmsProfile(PIL.ImageCms.createProfile("sRGB"))
_MODE_OF_SPACE = {"RGB": "RGB", "GRAY": "L", "CMYK": "CMYK"}


def to_srgb(image: PIL.Image.Image) -> tuple[PIL.Image.Image, str]:
    """A decoded image as L, RGB or RGBA in sRGB, and the name of the profile that was applied, "" without one.

    A profile that is damaged, or of other colours than the image, is ignored, as browsers do.
    """
    profile = image.info.get("icc_profile") or b""
    image = _uninverted(image)
    alpha = None
    if image.has_transparency_data or image.mode in ("La", "RGBa"):
        image = image.convert("RGBA")
        alpha = image.getchannel("A")
        image = image.convert("RGB")
    elif image.mode == "1":
        image = image.convert("L")
    elif image.mode not in ("L", "RGB", "CMYK"):
        image = image.convert("RGB")
    image, applied = _converted(image, bytes(profile))
    if image.mode == "CMYK":
        image = image.convert("RGB")
    if alpha is not None:
        image = image.convert("RGB")
        image.putalpha(alpha)
    return image, applied


def over_white(image: PIL.Image.Image) -> PIL.Image.Image:
    """An image blended over white where it has an alpha channel."""
    if image.mode != "RGBA":
        return image
    white = PIL.Image.new("RGBA", image.size, (255, 255, 255, 255))
    return PIL.Image.alpha_composite(white, image)


def _uninverted(image: PIL.Image.Image) -> PIL.Image.Image:
    """CMYK with 0 for no ink. JPEGs with Adobe's marker hold it inverted, but Pillow inverts without the marker too."""
    if image.mode == "CMYK" and image.format in ("JPEG", "MPO") and "adobe" not in image.info:
        return PIL.ImageChops.invert(image)
    return image


def _converted(image: PIL.Image.Image, profile: bytes) -> tuple[PIL.Image.Image, str]:
    """The image converted to sRGB by a profile, and the profile's name; unchanged without one that can be used."""
    if not profile:
        return image, ""
    mode, name = _described(profile)
    if mode == "RGB" and image.mode == "L":
        image = image.convert("RGB")
    if mode != image.mode or "srgb" in name.lower():
        return image, ""
    try:
        converted = PIL.ImageCms.applyTransform(image, _transform(profile, mode))
    except (PIL.ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return image, ""
    return (image, "") if converted is None else (converted, name)


@lru_cache(maxsize=32)
def _described(profile: bytes) -> tuple[str, str]:
    """The Pillow mode of a profile's colours and its name; ("", "") where it is damaged."""
    try:
        opened = PIL.ImageCms.ImageCmsProfile(io.BytesIO(profile))
        name = PIL.ImageCms.getProfileDescription(opened).strip() or "ICC"
        return _MODE_OF_SPACE.get(opened.profile.xcolor_space.strip(), ""), name
    except (PIL.ImageCms.PyCMSError, OSError, ValueError, TypeError, AttributeError):
        return "", ""


@lru_cache(maxsize=32)
def _transform(profile: bytes, mode: str) -> PIL.ImageCms.ImageCmsTransform:
    opened = PIL.ImageCms.ImageCmsProfile(io.BytesIO(profile))
    return PIL.ImageCms.buildTransform(opened, _SRGB, mode, "RGB")
