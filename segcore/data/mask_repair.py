"""Repairing one mask: colours, stretched numbers, 0/255 and blurred edges → class ids."""

import io
from typing import NamedTuple

import numpy as np
import PIL.ExifTags
import PIL.Image
import PIL.ImageOps
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt

from segcore.data.classes_file import ClassesFile
from segcore.data.doctor.masks import MaskLook
from segcore.data.formats.mask_values import NO_CLASS
from segcore.data.image_files import exif_orientation
from segcore.palette import background_id
from segcore.types import IGNORE, LabelMap

_SAME_COLOUR = 48.0
"""A colour further than this (Euclidean, 255 per channel) from the colour of every class becomes IGNORE."""
_MOST_SNAPPED = 0.25
"""Share of pixels between the levels of the classes above which a blurred mask is not repaired."""
_GREY = 16
"""Maximum difference of the channels of a grey JPEG."""


class Repaired(NamedTuple):
    """The corrected values of a mask, (H, W) uint8, and the share of pixels without the exact value of any class."""

    values: LabelMap
    snapped: float = 0.0


def repaired_values(look: MaskLook, content: bytes, classes: ClassesFile) -> Repaired | None:
    """The corrected values of a mask; None where they cannot be determined.

    ``look`` is the result of `look_at_mask` on the file ``content``; ``classes`` define the corrected values.
    """
    match look.kind:
        case "unknown_value" if look.raw is not None and look.labels is not None:
            return Repaired(np.asarray(np.where(look.labels == NO_CLASS, np.uint8(IGNORE), look.raw)))
        case "colour_mask" | "palette":
            return _by_colour(content, classes)
        case "mask_16bit":
            numbers = _by_number(np.asarray(PIL.Image.open(io.BytesIO(content)), np.int64), classes)
            return None if numbers is None else Repaired(numbers)
        case "jpeg_blurred":
            return _unblurred(_colours(content)[0], classes)
    return None


def renumbered(kind: str, raw: LabelMap, *, one_means_yes: bool = False) -> LabelMap:
    """A mask (H, W) of another numbering, see `segcore.data.doctor.numbering`, as class ids and IGNORE.

    ``one_means_yes``: some mask of one_class holds 1, so that 255 means ignored.
    """
    table = np.arange(256, dtype=np.uint8)
    match kind:
        case "binary_255" | "one_class" if not one_means_yes:
            table[255] = 1
        case "ids_from_1":
            table[1:255] -= 1
            table[0] = IGNORE
        case "trimap":
            table[1:4] = (1, 0, IGNORE)
    return np.asarray(table[raw])


def rotate_with_photo(mask: LabelMap, photo: bytes) -> LabelMap:
    """A mask of a photo as it is stored, rotated to the photo as it is shown."""
    picture = PIL.Image.fromarray(mask)
    picture.getexif()[PIL.ExifTags.Base.Orientation] = exif_orientation(photo)
    return np.asarray(PIL.ImageOps.exif_transpose(picture))


def _colours(content: bytes) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """The colours (H, W, 3) of a mask as they are stored, never blended, and which pixels (H, W) are transparent."""
    with PIL.Image.open(io.BytesIO(content)) as picture:
        rgba = np.asarray(picture.convert("RGBA"))
    return rgba[..., :3], rgba[..., 3] < 128


def _by_colour(content: bytes, classes: ClassesFile) -> Repaired | None:
    """The class of each pixel by its colour; None where the classes have no colours.

    Transparent pixels are background, unless their colour is exactly that of a class. In a mask of one colour, what is
    not transparent is the second of two classes.
    """
    rgb, transparent = _colours(content)
    has_background = background_id(classes.classes) is not None
    if transparent.any() and not transparent.all() and (rgb == rgb[0, 0]).all():
        whole = len(classes.classes) == 2 and has_background
        return Repaired(classes.values_of((~transparent).astype(np.uint8))) if whole else None
    met, places = _distinct(rgb)
    if (met == met[:, :1]).all() and not classes.colours:  # class ids saved in three equal channels
        numbers = _by_number(rgb[..., 0].astype(np.int64), classes)
        if numbers is None:
            return None
        background = classes.values_of(np.array([0 if has_background else IGNORE], np.uint8))
        return Repaired(np.where(transparent, background, numbers).astype(np.uint8))
    nearest = _nearest_class(met, classes)
    if nearest is None:
        return None
    ids, distances = nearest
    ids[distances > _SAME_COLOUR] = IGNORE
    exact = (distances == 0)[places].reshape(transparent.shape)
    labels = ids[places].reshape(transparent.shape)
    labels[transparent & ~exact] = 0 if has_background else IGNORE
    return Repaired(classes.values_of(labels))


def _distinct(rgb: NDArray[np.uint8]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """The colours that occur, (n, 3), and the index of each pixel's, (H · W)."""
    packed = rgb.astype(np.int32) @ np.array([1 << 16, 1 << 8, 1], np.int32)
    met, places = np.unique(packed, return_inverse=True)
    return np.stack([met >> 16, met >> 8 & 255, met & 255], axis=1).astype(np.float64), places.ravel()


def _nearest_class(
    colours: NDArray[np.float64], classes: ClassesFile
) -> tuple[NDArray[np.uint8], NDArray[np.float64]] | None:
    """Class and distance of each colour (n, 3); None where not every class has a colour."""
    if not classes.colours or len(classes.colours) != len(classes.classes):
        return None
    wanted = np.array(classes.colours, np.float64)
    distances = np.linalg.norm(colours[:, None] - wanted[None], axis=2)
    return distances.argmin(axis=1).astype(np.uint8), distances.min(axis=1)


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
            return renumbered("binary_255", values)
        if (classes.value_table()[values] != NO_CLASS).all():
            return values
    return None


def _unblurred(rgb: NDArray[np.uint8], classes: ClassesFile) -> Repaired | None:
    """A blurred mask, in which every pixel between two classes gets the class of the nearest pixel that is clear.

    Its levels must be those of the colours of the classes, or grey from black to white in equal steps. Neighbouring ids
    such as 0, 1, 2 are too close: what lies between two may be a third.
    """
    grey = int(np.ptp(rgb.astype(np.int16), axis=2).max()) < _GREY
    in_colours = any(len(set(colour)) > 1 for colour in classes.colours or ())
    if grey and (in_colours or not classes.colours):
        found = _nearest_level(rgb[..., 0].astype(np.float64), len(classes.classes))
    else:
        met, places = _distinct(rgb)
        nearest = _nearest_class(met, classes)
        found = nearest and (nearest[0][places], nearest[1][places], _SAME_COLOUR)
    if found is None:
        return None
    labels, off = (each.reshape(rgb.shape[:2]) for each in found[:2])
    clear = off <= found[2]
    if not clear.any() or (~clear).mean() > _MOST_SNAPPED:
        return None
    rows, columns = distance_transform_edt(~clear, return_distances=False, return_indices=True)
    return Repaired(classes.values_of(labels[rows, columns]), float((off > 0.5).mean()))


def _nearest_level(
    grey: NDArray[np.float64], count: int
) -> tuple[NDArray[np.uint8], NDArray[np.float64], float] | None:
    """The nearest of ``count`` equal steps from black to white, the distance to it, and the largest that is near.

    None where the steps do not occur.
    """
    if count < 2:
        return None
    step = 255 / (count - 1)
    labels = np.rint(grey / step).astype(np.uint8)
    is_stretched = labels.max() > 0 if count == 2 else len(np.unique(labels)) > 2
    near = step / 4 if count == 2 else min(step / 4, _GREY)
    return (labels, np.abs(grey - labels * step), near) if is_stretched else None
