"""Image strip: thumbnails in rows that wrap, each a real button for keyboard and screen reader."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import streamlit as st


@dataclass(frozen=True)
class Face:
    """One thumbnail: the value that a press selects, and the address of the image; label and help are Markdown."""

    value: Any
    url: str
    label: str
    help: str | None = None


def draw(
    faces: Sequence[Face],
    *,
    chosen: Any,
    on_choose: Callable[[Any], None],
    key: str,
    style: Literal["tiles", "faces"] = "tiles",
) -> None:
    """Draw the thumbnails. ``on_choose`` is called with a value before the next run of the script.

    The button of a value has the key ``<key>_<value>``, cut to 16 letters of the value. "tiles" are small squares with
    hidden labels, "faces" are larger and show their label.
    """
    by_key = {f"{key}_{str(face.value)[:16]}": face for face in faces}
    css = "\n".join(f".st-key-{name} button {{ background-image: url({face.url}); }}" for name, face in by_key.items())
    st.html(f"<style>{css}</style>")
    with st.container(horizontal=True, key=f"{style}_{key}", gap="xsmall" if style == "tiles" else "small"):
        for name, face in by_key.items():
            st.button(
                face.label,
                key=name,
                help=face.help,
                type="primary" if face.value == chosen else "secondary",
                on_click=on_choose,
                args=(face.value,),
            )
