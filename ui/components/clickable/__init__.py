"""Images side by side that one clicks: a press on any of them chooses a place, the same in all.

All images show the same scene, at any resolution. The chosen place is ringed in each; while the pointer or the keyboard
is on one, a cross marks the same place in the others. Keyboard: Tab to an image, arrows (with Shift further), Enter.
Only a press reruns the script.
"""

from collections.abc import Sequence
from typing import NamedTuple

from ui.components.assets import component, no_callback
from ui.text import t

_component = component("clickable", ("clickable.js",))


class ClickableImage(NamedTuple):
    """One image; clickable.js reads the fields by these names."""

    src: str  # address
    title: str  # above it
    alt: str  # description for screen readers
    note: str  # below it
    width: int  # in pixels
    height: int
    crisp: bool  # zoomed pixels keep their edges


class ImagePlace(NamedTuple):
    """A pressed place, as shares of the image: 0 … 1 from the top and from the left."""

    down: float
    right: float


def show(
    images: Sequence[ClickableImage], *, key: str, mark: ImagePlace | None, label: str, least_px: int
) -> ImagePlace | None:
    """Draw images of at least ``least_px`` width with the chosen place; return the place pressed just now, or None.

    ``label`` describes to screen readers what a press does.
    """
    data = {
        "images": [image._asdict() for image in images],
        "mark": mark,
        "least": least_px,
        "label": label,
        "place": t("learn.place.at", down="{down}", right="{right}"),
    }
    pressed = _component(data=data, key=key, on_place_change=no_callback).get("place")
    return ImagePlace(*(min(max(float(share), 0.0), 1.0) for share in pressed)) if pressed else None
