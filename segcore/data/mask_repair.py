"""How one mask is mended: colours, stretched numbers, 0/255 and blurred edges → class ids."""

import io

import numpy as np
import PIL.Image
from numpy.typing import NDArray

from segcore.data.classes_file import ClassesFile
from segcore.data.doctor.masks import MaskLook
from segcore.data.formats.mask_values import NO_CLASS
from segcore.data.images import decode
from segcore.data.transforms import resize_labels
from segcore.pictures import encode
from segcore.types import IGNORE, LabelMap

_SAME_COLOUR = 48.0
"""A colour further than this (Euclidean, of 255 a channel) from every class's is none of them and is ignored."""
_EXIF_ORIENTATION = 0x0112
_TURNS = {
    2: PIL.Image.Transpose.FLIP_LEFT_RIGHT,
    3: PIL.Image.Transpose.ROTATE_180,
    4: PIL.Image.Transpose.FLIP_TOP_BOTTOM,
    5: PIL.Image.Transpose.TRANSPOSE,
    6: PIL.Image.Transpose.ROTATE_270,
    7: PIL.Image.Transpose.TRANSVERSE,
    8: PIL.Image.Transpose.ROTATE_90,
}


def mend_values(look: MaskLook, content: bytes, classes: ClassesFile) -> LabelMap | None:
    """The values of a mask as they should have been.

    Args:
        look: what `look_at_mask` said of the file; its kind is not "".
        content: the file.
        classes: what the values shall mean.

    Returns:
        (H, W) uint8, numbers that ``classes`` knows; None where they cannot be told.
    """
    match look.kind:
        case "unknown_value" if look.raw is not None and look.labels is not None:
            return np.where(look.labels == NO_CLASS, np.uint8(IGNORE), look.raw)
        case "colour_mask" | "palette":
            return _by_colour(decode(content), classes)
        case "mask_16bit":
            return _by_number(np.asarray(PIL.Image.open(io.BytesIO(content))).astype(np.int64), classes)
        case "jpeg_blurred":
            return _unblurred(decode(content), classes)
    return None


def yes_is_one(raw: LabelMap) -> LabelMap:
    """A mask of 0 (no) and 255 (yes) as a mask of classes 0 and 1."""
    return (raw == 255).astype(np.uint8)


def turned_as_shown(mask: LabelMap, photo: bytes) -> LabelMap:
    """A mask drawn on a photo as it is stored, turned to the photo as it is shown."""
    with PIL.Image.open(io.BytesIO(photo)) as picture:
        turn = _TURNS.get(picture.getexif().get(_EXIF_ORIENTATION, 1))
    return mask if turn is None else np.asarray(PIL.Image.fromarray(mask).transpose(turn))


def fitted(mask: LabelMap, size: tuple[int, int]) -> LabelMap:
    """A mask at the size (h, w) of its image; each pixel takes the nearest label, none are mixed."""
    return resize_labels(np.ascontiguousarray(mask), size)


def png(mask: LabelMap) -> bytes:
    """A mask as an 8-bit grey PNG."""
    return encode(mask)


def _by_colour(rgb: NDArray[np.uint8], classes: ClassesFile, *, blurred: bool = False) -> LabelMap | None:
    """Each pixel's class by its colour (H, W, 3); None where the classes have no colours of their own."""
    packed = rgb.astype(np.int32) @ np.array([1 << 16, 1 << 8, 1], np.int32)
    met, places = np.unique(packed, return_inverse=True)
    colours = np.stack([met >> 16, met >> 8 & 255, met & 255], axis=1).astype(np.float64)
    grey = bool((colours == colours[:, :1]).all())
    if grey and not classes.colours:  # numbers that somebody saved in three equal channels
        return _by_number(rgb[..., 0].astype(np.int64), classes)
    if not classes.colours or len(classes.colours) != len(classes.classes):
        return None
    wanted = np.array(classes.colours, np.float64)
    distances = np.linalg.norm(colours[:, None] - wanted[None], axis=2)
    ids = distances.argmin(axis=1).astype(np.uint8)
    if not blurred:
        ids[distances.min(axis=1) > _SAME_COLOUR] = IGNORE
    return ids[places].reshape(rgb.shape[:2])


def _by_number(numbers: NDArray[np.int64], classes: ClassesFile) -> LabelMap | None:
    """Numbers that were stretched to 16 bits, or that carry an object's number behind the class (class · 1000 + k)."""
    for divided in (numbers, numbers // 257, numbers // 256, np.where(numbers < 1000, numbers, numbers // 1000)):
        exact = (divided * 257 == numbers).all() or (divided * 256 == numbers).all()
        if divided is not numbers and not exact and numbers.max() < 1000:
            continue
        if divided.min() < 0 or divided.max() > IGNORE:
            continue
        values = divided.astype(np.uint8)
        if set(np.unique(values).tolist()) == {0, 255} and len(classes.classes) > 1:
            return yes_is_one(values)
        if (classes.value_table()[values] != NO_CLASS).all():
            return values
    return None


def _unblurred(rgb: NDArray[np.uint8], classes: ClassesFile) -> LabelMap | None:
    """Blurred black and white → 0 and 1; blurred colours → the nearest class. Ids side by side cannot be told apart."""
    if (rgb == rgb[..., :1]).all() or int(np.ptp(rgb.astype(np.int16), axis=2).max()) < 16:
        grey = rgb[..., 0]
        if len(classes.classes) == 2 and int(grey.max()) > 127:
            return (grey > 127).astype(np.uint8)
        return None
    return _by_colour(rgb, classes, blurred=True)
