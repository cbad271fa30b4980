"""One mask: class ids, or what it holds instead."""

import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import PIL.Image
from numpy.typing import NDArray

from segcore.advice import listed
from segcore.data.classes_file import ClassesFile
from segcore.data.formats.mask_values import NO_CLASS
from segcore.data.image_files import bytes_and_name, size_text
from segcore.data.images import NotLabels, read_labels
from segcore.errors import BadImage, Message
from segcore.types import IGNORE, Colour, LabelMap

_NEAR_AN_END = 16
"""A blurred 0/255 mask has most pixels within this number of grey levels of 0 or 255."""
_MIN_BLURRED_VALUES = 4
_KIND_OF = {"jpeg_mask": "jpeg_blurred", "unknown_value": "mask_16bit", "colour_mask": "colour_mask"}
"""Kind of `NotLabels` → kind of problem."""


@dataclass(frozen=True)
class MaskLook:
    """The content of a mask file.

    Attributes:
        kind: "" for class ids, else one of KINDS, with the values that were found in ``detail``.
        raw: (H, W) uint8, the values of the file; None where they do not fit a byte.
        labels: (H, W) uint8, class ids, or NO_CLASS for a value that is none; None without ids or known classes.
        size: (height, width), None for a file that cannot be read.
    """

    kind: str
    detail: Message | None
    raw: LabelMap | None = None
    labels: LabelMap | None = None
    size: tuple[int, int] | None = None


def look_at_mask(path: Path, classes: ClassesFile | None) -> MaskLook:
    """Read a mask and check its values; ``classes`` None leaves them unchecked."""
    content = b""
    try:
        content, name = bytes_and_name(path, None)
        raw = read_labels(content, name)
    except NotLabels as error:
        return MaskLook(_KIND_OF[error.kind], error.message, size=_size(content))
    except BadImage as error:
        return MaskLook("unreadable", error.message)
    size = (raw.shape[0], raw.shape[1])
    if classes is None:
        return MaskLook("", None, raw, None, size)
    labels = classes.value_table()[raw]
    met = np.flatnonzero(np.bincount(raw.ravel(), minlength=256))
    strange = met[classes.value_table()[met] == NO_CLASS]
    palette = palette_colours(content) if strange.size or classes.colours else None
    if palette is not None and (strange.size or _numbered_otherwise(met, palette, classes)):
        detail = Message("{name} is numbered {values}", name=name, values=listed(map(str, met)))
        return MaskLook("palette", detail, raw, None, size)
    if strange.size:
        values = listed(map(str, strange))
        shown = Message("values {values}, with {count} classes", values=values, count=len(classes.classes))
        blurred = is_blurred(raw, strange)
        return MaskLook("jpeg_blurred" if blurred else "unknown_value", shown, raw, None if blurred else labels, size)
    return MaskLook("", None, raw, labels, size)


def size_detail(name: str, size: tuple[int, int], mask_size: tuple[int, int]) -> Message:
    """The detail of a pair whose sizes (H, W) differ: whether the mask can be resized."""
    sizes = Message("{name} {size}, mask {mask_size}", name=name, size=size_text(size), mask_size=size_text(mask_size))
    if same_shape(size, mask_size):
        return sizes
    if same_shape(size, (mask_size[1], mask_size[0])):
        return Message("{sizes}: width and height are swapped, so it may be rotated or mirrored", sizes=sizes)
    return Message("{sizes}: of another shape, so one of the two is cropped", sizes=sizes)


def same_shape(size: tuple[int, int], other: tuple[int, int]) -> bool:
    """Whether two sizes have the same ratio of height and width, but for rounding to whole pixels."""
    (height, width), (other_height, other_width) = sorted((size, other))
    scale = max(height / other_height, width / other_width)
    return abs(scale * other_height - height) <= 1 and abs(scale * other_width - width) <= 1


def is_blurred(raw: LabelMap, strange: NDArray[np.int64]) -> bool:
    """Whether values of a mask (H, W) that are no class, ``strange``, come from blurring a mask of 0 and 255."""
    counts = np.bincount(raw.ravel(), minlength=256) / max(raw.size, 1)
    low, high = float(counts[: _NEAR_AN_END + 1].sum()), float(counts[255 - _NEAR_AN_END :].sum())
    return strange.size >= _MIN_BLURRED_VALUES and low + high > 0.6 and min(low, high) > 0.002


def palette_colours(content: bytes) -> dict[int, Colour] | None:
    """Index → colour of a palette file; None where the file has no palette."""
    with PIL.Image.open(io.BytesIO(content)) as picture:
        if picture.mode != "P":
            return None
        flat = picture.getpalette("RGB") or []
    return dict(enumerate(zip(flat[::3], flat[1::3], flat[2::3], strict=True)))


def _numbered_otherwise(met: NDArray[np.int64], palette: dict[int, Colour], classes: ClassesFile) -> bool:
    """Whether the palette's colours are those of the classes, but in another order."""
    ids = {tuple(colour): index for index, colour in enumerate(classes.colours_or_default())}
    if len(ids) < len(classes.classes):  # two classes of one colour: colours are ambiguous
        return False
    meant = {int(value): ids.get(palette.get(int(value), (-1, -1, -1))) for value in met if value != IGNORE}
    return None not in meant.values() and any(number != index for number, index in meant.items())


def _size(content: bytes) -> tuple[int, int]:
    with PIL.Image.open(io.BytesIO(content)) as picture:
        return picture.height, picture.width
