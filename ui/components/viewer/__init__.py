"""The mask viewer: a photo with its masks, explored inside the browser.

``show`` passes addresses to a components.v2 component; the browser fetches the images once and does the rest without
reruns: opacity, contours, classes on and off, swipe, zoom, the values under the pointer.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import NamedTuple

from segcore.palette import transparent_id
from segcore.types import Colour
from ui.components.assets import component, no_callback
from ui.known_names import class_name
from ui.text import names, t

DRAWING = ("viewer/png.js", "viewer/paint.js", "viewer/elements.js")
"""The scripts that do not depend on the viewer; the epoch scrubber draws with them too."""

_component = component("viewer", (*DRAWING, "layers.js", "words.js", "gestures.js", "viewer.js"))


@dataclass(frozen=True)
class SecondMask:
    """Another prediction of the same photo, to swipe against."""

    maps: str  # address
    title: str


@dataclass(frozen=True)
class Layers:
    """Addresses on this server of the images, which all have the size of the photo; the names are those of viewer.js.

    PNGs must have at most 8 bits a channel and must not be interlaced; they are read byte by byte, so that a palette
    PNG gives its indices. Width and height, in pixels, reserve the place before anything is loaded.
    """

    width: int
    height: int
    image: str  # the photo, in any format that browsers read
    maps: str  # PNG, red = class id, green = confidence (0 … 255), blue = runner-up class id; alpha, if any, 255
    uncertainty: str | None = None  # grey PNG, 0 (certain) … 255 (all classes equally probable); None: no such view
    truth: str | None = None  # PNG of class ids, 255 = ignore; adds the views "Ground truth" and "Errors"
    second: SecondMask | None = None  # another mask; the swipe can then compare the two
    labels_only: bool = False  # the maps are labels and no prediction: nothing about confidence and runner-up


class Pixel(NamedTuple):
    """A place in the photo, counted from the top left corner."""

    row: int
    col: int


def show(
    layers: Layers,
    classes: Sequence[str],
    colours: Sequence[Colour],
    *,
    key: str,
    title: str | None = None,
    swipe: bool = False,
    max_height_px: int = 620,
    ask_pixel: bool = False,
    note: str = "",
) -> Pixel | None:
    """Draw the viewer, and return the pixel that was clicked just now, or None.

    Args:
        layers: the images.
        classes: K names in the order of the ids. Shown as text, whatever they contain.
        colours: one per class. Class 0 starts switched off if it has the palette's background colour, as in
            `segcore.palette.overlay`.
        key: of the component; also keeps the settings while the photo changes.
        title: of the mask on the handle of the swipe, usually the model's name.
        swipe: begin with the swipe on, against the second mask or else the bare photo.
        max_height_px: the photo is never shown taller than this, except in fullscreen.
        ask_pixel: a click on the photo, or Enter, reruns the script and is returned. Off, clicks stay in the browser.
        note: about the ground truth, shown with the errors.
    """
    data = asdict(layers) | {
        "classes": [class_name(name) for name in classes],
        "colours": [list(colour) for colour in colours],
        "background": transparent_id(colours),
        "swipe": swipe,
        "title": title,
        "maxHeight": max_height_px,
        "askPixel": ask_pixel,
        "note": note,
        "texts": {name: t(f"viewer.{name}") for name in names("viewer")}
        | ({"prediction": t("viewer.truth"), "absent": t("data.browse.absent")} if layers.labels_only else {}),
    }
    clicked = _component(data=data, key=key, on_pixel_change=no_callback).get("pixel")
    return Pixel(int(clicked["row"]), int(clicked["col"])) if clicked else None
