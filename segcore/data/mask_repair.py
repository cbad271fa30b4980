"""Repairing one mask: colours, stretched numbers, 0/255 and blurred edges → class ids."""

import io

import numpy as np
import PIL.ExifTags
import PIL.Image
import PIL.ImageOps
from numpy.typing import NDArray

from segcore.data.classes_file import ClassesFile
from segcore.data.doctor.masks import MaskLook
from segcore.data.formats.mask_values import NO_CLASS
from segcore.data.image_files import exif_orientation
from segcore.data.images import decode
from segcore.types import IGNORE, LabelMap

_SAME_COLOUR = 48.0
"""A colour further than this (Euclidean, 255 per channel) from the colour of every class becomes IGNORE."""


def repaired_values(look: MaskLook, content: bytes, classes: ClassesFile) -> LabelMap | None:
    """The corrected values of a mask, (H, W) uint8; None where they cannot be determined.

    ``look`` is the result of `look_at_mask` on the file ``content``; ``classes`` define the corrected values.
    """
    match look.kind:
        case "unknown_value" if look.raw is not None and look.labels is not None:
            return np.asarray(np.where(look.labels == NO_CLASS, np.uint8(IGNORE), look.raw))
        case "colour_mask" | "palette":
            return _by_colour(decode(content), classes)
        case "mask_16bit":
            return _by_number(np.asarray(PIL.Image.open(io.BytesIO(content)), np.int64), classes)
        case "jpeg_blurred":
            return _unblurred(decode(content), classes)
    return None


def binary_to_ids(raw: LabelMap) -> LabelMap:
    """A mask of 0 and 255 as a mask of the classes 0 and 1."""
    return np.asarray(raw == 255, np.uint8)


def rotate_with_photo(mask: LabelMap, photo: bytes) -> LabelMap:
    """A mask of a photo as it is stored, rotated to the photo as it is shown."""
    picture = PIL.Image.fromarray(mask)
    picture.getexif()[PIL.ExifTags.Base.Orientation] = exif_orientation(photo)
    return np.asarray(PIL.ImageOps.exif_transpose(picture))


def _by_colour(rgb: NDArray[np.uint8], classes: ClassesFile, *, blurred: bool = False) -> LabelMap | None:
    """The class of each pixel (H, W) by its colour; None where the classes have no colours."""
    packed = rgb.astype(np.int32) @ np.array([1 << 16, 1 << 8, 1], np.int32)
    met, places = np.unique(packed, return_inverse=True)
    colours = np.stack([met >> 16, met >> 8 & 255, met & 255], axis=1).astype(np.float64)
    grey = bool((colours == colours[:, :1]).all())
    if grey and not classes.colours:  # class ids saved in three equal channels
        return _by_number(rgb[..., 0].astype(np.int64), classes)
    if not classes.colours or len(classes.colours) != len(classes.classes):
        return None
    wanted = np.array(classes.colours, np.float64)
    distances = np.linalg.norm(colours[:, None] - wanted[None], axis=2)
    ids = distances.argmin(axis=1).astype(np.uint8)
    if not blurred:
        ids[distances.min(axis=1) > _SAME_COLOUR] = IGNORE
    return np.asarray(ids[places].reshape(rgb.shape[:2]), np.uint8)


def _by_number(numbers: NDArray[np.int64], classes: ClassesFile) -> LabelMap | None:
    """Class ids stretched to 16 bits, or with the number k of an object (class · 1000 + k)."""
    for divided in (numbers, numbers // 257, numbers // 256, np.where(numbers < 1000, numbers, numbers // 1000)):
        exact = (divided * 257 == numbers).all() or (divided * 256 == numbers).all()
        if divided is not numbers and not exact and numbers.max() < 1000:
            continue
        if divided.min() < 0 or divided.max() > IGNORE:
            continue
        values = divided.astype(np.uint8)
        if set(np.unique(values).tolist()) == {0, 255} and len(classes.classes) > 1:
            return binary_to_ids(values)
        if (classes.value_table()[values] != NO_CLASS).all():
            return values
    return None


def _unblurred(rgb: NDArray[np.uint8], classes: ClassesFile) -> LabelMap | None:
    """Blurred black and white → 0 and 1; blurred colours → the nearest class; None for blurred ids."""
    if (rgb == rgb[..., :1]).all() or int(np.ptp(rgb.astype(np.int16), axis=2).max()) < 16:
        grey = rgb[..., 0]
        if len(classes.classes) == 2 and int(grey.max()) > 127:
            return (grey > 127).astype(np.uint8)
        return None
    return _by_colour(rgb, classes, blurred=True)
