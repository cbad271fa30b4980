"""One mask: class ids, or what it holds instead. The check tells it, the repair mends it."""

import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import PIL.Image
from numpy.typing import NDArray

from segcore.data.classes_file import ClassesFile
from segcore.data.formats.listed import NO_CLASS
from segcore.data.images import NotLabels, read_labels
from segcore.errors import BadImage, Message
from segcore.types import IGNORE, Colour, LabelMap

_NEAR_AN_END = 16
"""A blurred 0/255 mask has most pixels within so many grey levels of 0 or 255."""
_MIN_BLURRED_VALUES = 4
_KIND_OF = {"jpeg_mask": "jpeg_blurred", "unknown_value": "mask_16bit", "colour_mask": "colour_mask"}
"""Why `read_labels` refuses a file → our kind."""


@dataclass(frozen=True)
class MaskLook:
    """What a mask file holds.

    Attributes:
        kind: "" for class ids, else one of KINDS.
        detail: what was met.
        raw: (H, W) uint8, the file's numbers; None where it has none that fit a byte.
        labels: (H, W) uint8, class ids, or NO_CLASS for a value that is none; None where ``kind`` says that it holds no
            ids at all, or the classes are not known.
        size: (height, width), None for a file that cannot be read.
    """

    kind: str
    detail: Message | None
    raw: LabelMap | None = None
    labels: LabelMap | None = None
    size: tuple[int, int] | None = None


def look_at_mask(path: Path, classes: ClassesFile | None) -> MaskLook:
    """Read a mask and say what it holds.

    Args:
        path: the file.
        classes: what its values may mean; None leaves them unjudged.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        return MaskLook(
            "unreadable",
            Message("{data} cannot be read: {error}. Check the path.", data=path, error=error.strerror or error),
        )
    try:
        raw = read_labels(content, path.name)
    except NotLabels as error:
        return MaskLook(_KIND_OF[error.kind], error.message, size=_size(content))
    except BadImage as error:
        return MaskLook("unreadable", error.message)
    return _judge(raw, content, path.name, classes)


def _judge(raw: LabelMap, content: bytes, name: str, classes: ClassesFile | None) -> MaskLook:
    """What the numbers of a file mean."""
    size = (raw.shape[0], raw.shape[1])
    if classes is None:
        return MaskLook("", None, raw, None, size)
    labels = classes.value_table()[raw]
    met = np.flatnonzero(np.bincount(raw.ravel(), minlength=256))
    strange = met[classes.value_table()[met] == NO_CLASS]
    palette = _palette(content) if strange.size or classes.colours else None
    if palette is not None and (strange.size or _numbered_otherwise(met, palette, classes)):
        return MaskLook(
            "palette", Message("{name} is numbered {values}", name=name, values=_listed(met)), raw, None, size
        )
    if strange.size:
        shown = Message("values {values}, with {count} classes", values=_listed(strange), count=len(classes.classes))
        if is_blurred(raw, strange):
            return MaskLook("jpeg_blurred", shown, raw, None, size)
        return MaskLook("unknown_value", shown, raw, labels, size)
    return MaskLook("", None, raw, labels, size)


def is_blurred(raw: LabelMap, strange: NDArray[np.int64]) -> bool:
    """Whether values that are no class come from blurring a mask of 0 and 255.

    Args:
        raw: (H, W) uint8, the mask.
        strange: the values in it that are no class.
    """
    counts = np.bincount(raw.ravel(), minlength=256) / max(raw.size, 1)
    low, high = float(counts[: _NEAR_AN_END + 1].sum()), float(counts[255 - _NEAR_AN_END :].sum())
    return strange.size >= _MIN_BLURRED_VALUES and low + high > 0.6 and min(low, high) > 0.002


def palette_colours(content: bytes) -> dict[int, Colour] | None:
    """Number → colour of a palette file; None where the file has no palette."""
    return _palette(content)


def _palette(content: bytes) -> dict[int, Colour] | None:
    with PIL.Image.open(io.BytesIO(content)) as picture:
        if picture.mode != "P":
            return None
        flat = picture.getpalette("RGB") or []
    return {index: (flat[3 * index], flat[3 * index + 1], flat[3 * index + 2]) for index in range(len(flat) // 3)}


def _numbered_otherwise(met: NDArray[np.int64], palette: dict[int, Colour], classes: ClassesFile) -> bool:
    """Whether the palette's colours are those of the classes, but in another order."""
    ids = {tuple(colour): index for index, colour in enumerate(classes.colours_or_default())}
    if len(ids) < len(classes.classes):  # two classes of one colour: colours tell nothing
        return False
    meant = {int(value): ids.get(palette.get(int(value), (-1, -1, -1))) for value in met if value != IGNORE}
    return None not in meant.values() and any(number != index for number, index in meant.items())


def _size(content: bytes) -> tuple[int, int]:
    with PIL.Image.open(io.BytesIO(content)) as picture:
        return picture.height, picture.width


def _listed(values: NDArray[np.int64]) -> str:
    return ", ".join(map(str, values[:12].tolist())) + (" …" if values.size > 12 else "")
