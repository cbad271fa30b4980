"""Captioned images side by side, by address: the browser fetches each once, and a rerun costs a few bytes.

``show`` draws them, ``press`` draws them so that a press on any of them chooses a place.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import TypeVar

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from segcore.pictures import encode
from segcore.types import RGB
from ui import blobs
from ui.components import clickable
from ui.components.clickable import ClickableImage, ImagePlace
from ui.text import t

Kind = TypeVar("Kind", bound=np.generic)


@dataclass(frozen=True, eq=False)
class LessonFigure:
    """An image with its captions."""

    rgb: RGB  # (H, W, 3) uint8
    title: str  # above it
    alt: str = ""  # description for screen readers; empty: the title
    note: str = ""  # below it; usually a number
    crisp: bool = False  # zoomed pixels keep their edges


def show(figures: Sequence[LessonFigure], *, least_px: int = 200) -> None:
    """Draw figures in a row that wraps; each is at least ``least_px`` wide, if the screen is wide enough."""
    html = "".join(_html(figure) for figure in figures)
    st.html(f'<div class="seg-lesson-pictures" style="--least:{least_px}px">{html}</div>')


def press(
    figures: Sequence[LessonFigure], *, key: str, mark: ImagePlace | None, least_px: int = 200
) -> ImagePlace | None:
    """Draw figures of one scene in such a row, with a ring at a place; return the place pressed just now, or None."""
    shown = [
        ClickableImage(
            address_of(each.rgb), each.title, each.alt, each.note, each.rgb.shape[1], each.rgb.shape[0], each.crisp
        )
        for each in figures
    ]
    return clickable.show(shown, key=key, mark=mark, label=t("learn.place.press"), least_px=least_px)


def _html(figure: LessonFigure) -> str:
    height, width = figure.rgb.shape[:2]
    crisp = ' class="crisp"' if figure.crisp else ""
    note = f"<p>{escape(figure.note)}</p>" if figure.note else ""
    return (
        f'<figure style="--ratio:{width / height:.3f}"><figcaption>{escape(figure.title)}</figcaption>'
        f'<img{crisp} src="{address_of(figure.rgb)}" alt="{escape(figure.alt or figure.title, quote=True)}" '
        f'width="{width}" height="{height}">{note}</figure>'
    )


def address_of(rgb: RGB) -> str:
    """Return the address of an image (H, W, 3), by its pixels."""
    key = hashlib.sha256(str(rgb.shape).encode() + np.ascontiguousarray(rgb).tobytes()).hexdigest()
    return blobs.publish(f"lesson {key}", lambda: encode(rgb), "image/png")


def magnified(values: NDArray[Kind], times: int) -> NDArray[Kind]:
    """Every pixel of (H, W, …) times x times: (H · times, W · times, …)."""
    return values.repeat(times, axis=0).repeat(times, axis=1)
