"""Shortcuts of a page: an image pasted anywhere goes to an uploader, and keys press buttons."""

import re
from collections.abc import Mapping
from pathlib import Path

import streamlit as st

_component = st.components.v2.component(
    "segcore_shortcuts",
    html="<!-- invisible -->",
    js=Path(__file__).with_name("shortcuts.js").read_text(encoding="utf-8"),
    isolate_styles=False,
)


def listen(*, key: str, uploader: str | None = None, buttons: Mapping[str, str] | None = None) -> None:
    """Listen while this is on the page; nothing is drawn.

    Args:
        key: of the component; its end must be "shortcuts", by which the style sheet hides it.
        uploader: key of the uploader that takes pasted images.
        buttons: name of a key, such as "ArrowLeft" → key of the button that it presses.
    """
    named = {press: _css_name(button) for press, button in (buttons or {}).items()}
    _component(data={"uploader": _css_name(uploader) if uploader else None, "buttons": named}, key=key)


def _css_name(key: str) -> str:
    """As Streamlit writes a key into its class names."""
    return re.sub(r"[^a-zA-Z0-9_-]", "-", key.strip())
