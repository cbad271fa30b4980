"""Images side by side, by address: the browser fetches each once, and a rerun costs some bytes."""

import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import numpy as np
import PIL.Image
import streamlit as st

from segcore.types import RGB
from ui import blobs


@dataclass(frozen=True, eq=False)
class Picture:
    """One image.

    Attributes:
        rgb: (H, W, 3) uint8.
        title: over it.
        alt: what is to be seen, for those who do not see it.
        note: under it; a number, usually.
        crisp: enlarged pixels keep their edges.
    """

    rgb: RGB
    title: str
    alt: str
    note: str = ""
    crisp: bool = False


def show(pictures: Sequence[Picture], *, least_px: int = 200) -> None:
    """Draw images in a row that wraps.

    Args:
        images: from left to right.
        least_px: an image is never narrower, as far as the screen is not.
    """
    figures = "".join(_figure(picture) for picture in pictures)
    st.html(f'<div class="seg-lesson-pictures" style="--least:{least_px}px">{figures}</div>')


def _figure(picture: Picture) -> str:
    height, width = picture.rgb.shape[:2]
    crisp = ' class="crisp"' if picture.crisp else ""
    note = f"<p>{escape(picture.note)}</p>" if picture.note else ""
    return (
        f"<figure><figcaption>{escape(picture.title)}</figcaption>"
        f'<img{crisp} src="{_address(picture.rgb)}" alt="{escape(picture.alt, quote=True)}" '
        f'width="{width}" height="{height}">{note}</figure>'
    )


def _address(rgb: RGB) -> str:
    key = hashlib.sha256(str(rgb.shape).encode() + np.ascontiguousarray(rgb).tobytes()).hexdigest()

    def png() -> bytes:
        file = io.BytesIO()
        PIL.Image.fromarray(rgb).save(file, "PNG", compress_level=3)
        return file.getvalue()

    return blobs.publish(f"lesson {key}", png, "image/png")
