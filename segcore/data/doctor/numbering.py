"""What the values of all masks of a folder mean together, where they are not the ids of its classes."""

from collections.abc import Collection, Sequence
from typing import Literal

from segcore.palette import background_id
from segcore.types import IGNORE

Numbering = Literal["binary_255", "one_class", "ids_from_1", "trimap"]

_TRIMAP = {1, 2, 3}
"""As of the Oxford pets: object, background, and the boundary between them."""


def numbering_of(met: Collection[int], classes: Sequence[str]) -> Numbering | None:
    """The meaning of the values that occur in any mask, where it differs from their ids in ``classes``; else None.

    binary_255    only 0 and 255: background and object, where 255 would be read as ignored
    one_class     the same, or 0 and 1, with a single class: the background has no name
    ids_from_1    1 … K for K classes. 0 is then what others call unlabelled (``reduce_zero_label``), unless the first
                  class is a background, for which 0 would be right
    trimap        1, 2, 3 for background and one class: object, background, boundary

    0 and 255 alone are no proof: where objects have borders that are ignored, they may be a photo without an
    object. `segcore.data.doctor.survey` compares shares, too.
    """
    values, count = set(met) - {IGNORE}, len(classes)
    has_background = background_id(classes) is not None
    if values <= {0} and IGNORE in met:
        return "binary_255" if count > 1 else "one_class"
    if count == 1:
        return "one_class" if values <= {0, 1} and 1 in values else None
    if values == _TRIMAP and count == 2 and has_background:
        return "trimap"
    if len(values) > 1 and max(values) == count and (min(values) > 0 or not has_background):
        return "ids_from_1"
    return None
