"""The mask viewer: a photo with its mask, to look through, compare and question, all inside the browser.

``show`` hands addresses to a components.v2 component; the browser fetches the pictures once and does the rest by
itself: opacity, contours, classes on and off, swipe, zoom, the read-out under the pointer. No rerun, no traffic.

    viewer.html   the fixed markup; texts are filled in from locale/*.json
    viewer.css    its looks, on Streamlit's own theme variables
    png.js        PNG → the exact bytes
    layers.js     the pictures, and what is counted in them
    paint.js      bytes → coloured pixels
    elements.js   makers of elements and of readable numbers
    words.js      texts and controls, brought in line with the state
    gestures.js   mouse, touch, keys
    viewer.js     the state, and the frames it draws

The scripts are joined into one module: Streamlit runs a component's JavaScript as a single inline module.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import streamlit as st

from segcore.palette import transparent_id
from segcore.types import Colour
from ui.text import t

_HERE = Path(__file__).parent
DRAWING = tuple(_HERE / part for part in ("png.js", "paint.js", "elements.js"))
"""The scripts that know no viewer; the epoch scrubber draws with them too."""
_PARTS = (*DRAWING, *(_HERE / part for part in ("layers.js", "words.js", "gestures.js", "viewer.js")))

TEXTS = (
    "absent", "classes", "clear", "close", "contour", "errors_hint", "failed_image", "failed_maps", "failed_second",
    "failed_truth", "failed_uncertainty", "fit", "fn", "fp", "fullscreen", "help", "hint", "ignored", "iou",
    "key_all", "key_contour", "key_fit", "key_help", "key_opacity", "key_overlay", "key_pan", "key_patterns",
    "key_point", "key_solo", "key_swipe", "key_wheel", "key_zoom", "keys", "left_side", "loading", "mode",
    "mode_classes", "mode_confidence", "mode_errors", "mode_truth", "mode_uncertainty", "opacity", "patterns",
    "photo", "prediction", "retry", "right", "runner_up", "solo", "solo_hint", "summary", "swipe", "threshold",
    "toggle", "tp", "truth", "uncertainty", "wrong", "zoom_in", "zoom_out",
)  # fmt: skip
"""Every text of the viewer; the key in locale/*.json has "viewer." before it."""

_component = st.components.v2.component(
    "segcore_viewer",
    html=(_HERE / "viewer.html").read_text(encoding="utf-8"),
    css=(_HERE / "viewer.css").read_text(encoding="utf-8"),
    js="\n".join(part.read_text(encoding="utf-8") for part in _PARTS),
)


class SecondMask(NamedTuple):
    """Another prediction of the same photo, to swipe against."""

    maps_url: str
    title: str


class Pixel(NamedTuple):
    """A place in the photo, counted from the top left corner."""

    row: int
    col: int


def show(
    *,
    image_url: str,
    maps_url: str,
    uncertainty_url: str | None,
    width: int,
    height: int,
    classes: Sequence[str],
    colours: Sequence[Colour],
    key: str,
    title: str | None = None,
    truth_url: str | None = None,
    second: SecondMask | tuple[str, str] | None = None,
    swipe: bool = False,
    max_height_px: int = 620,
    ask_pixel: bool = False,
) -> Pixel | None:
    """Draw the viewer.

    All pictures are addresses on this server and have the photo's size. The PNGs must be 8 bits a channel or fewer,
    not interlaced; they are read byte by byte, so a palette PNG gives its indices.

    Args:
        image_url: the photo, in any format the browser knows.
        maps_url: PNG, red = class id, green = confidence (0 … 255), blue = runner-up class id; alpha, if any, 255.
        uncertainty_url: grey PNG, 0 (sure) … 255 (every class as likely as the other); None leaves that view out.
        width: of the photo in pixels. With ``height`` it reserves the place before anything is loaded.
        height: of the photo in pixels.
        classes: K names in the order of the ids. Shown as text, whatever they contain.
        colours: one per class. Class 0 starts switched off when it is drawn in the palette's background colour,
            as in `segcore.palette.overlay`.
        key: of the component; also keeps the settings while the photo changes.
        title: what the mask is called on the handle of the swipe, usually the model's name.
        truth_url: PNG of class ids, 255 = ignore; adds the views "Ground truth" and "Errors".
        second: address of another mask's maps and its title; the swipe can then compare the two.
        swipe: begin with the swipe on, against the second mask or else the bare photo; the reader may switch it off.
        max_height_px: the photo is never shown taller than this (fullscreen aside).
        ask_pixel: a click on the photo reruns the script and is returned. Off, clicks stay in the browser.

    Returns:
        The pixel that was clicked just now, or None.
    """
    data: dict[str, Any] = {
        "image": image_url,
        "maps": maps_url,
        "uncertainty": uncertainty_url,
        "truth": truth_url,
        "second": {"maps": second[0], "title": second[1]} if second else None,
        "swipe": swipe,
        "title": title,
        "width": width,
        "height": height,
        "classes": list(classes),
        "colours": [list(colour) for colour in colours],
        "background": transparent_id(colours),
        "maxHeight": max_height_px,
        "askPixel": ask_pixel,
        "texts": {name: t(f"viewer.{name}") for name in TEXTS},
    }
    answer = _component(data=data, key=key, on_pixel_change=_nothing)
    clicked = answer.get("pixel")
    return Pixel(int(clicked["row"]), int(clicked["col"])) if clicked else None


def _nothing() -> None:
    """Streamlit returns a trigger only where it has a callback; the value itself is all we need."""
