"""Registers a component: markup, styles on the shared theme, and scripts joined into one module.

Streamlit runs a component's JavaScript as a single inline module, so the scripts of a component share one scope.
"""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import streamlit as st

HERE = Path(__file__).parent


def component(
    name: str,
    folder: str,
    markup: str,
    scripts: Iterable[str],
    *,
    styles: Iterable[str] = (),
    isolate_styles: bool = True,
) -> Callable[..., Any]:
    """A components.v2 component from the files of a folder.

    Args:
        name: under which Streamlit knows it.
        folder: in ui/components.
        markup: stem of the HTML and CSS files; the root of the markup has the class "seg-theme".
        scripts: in their order; a name with a slash is relative to ui/components.
        styles: further CSS files, relative to ui/components.
        isolate_styles: whether the component lives in a shadow root.
    """
    place = HERE / folder
    paths = [HERE / script if "/" in script else place / script for script in scripts]
    mounted: Callable[..., Any] = st.components.v2.component(
        name,
        html=_read(place / f"{markup}.html"),
        css="\n".join(map(_read, [HERE / "theme.css", *(HERE / style for style in styles), place / f"{markup}.css"])),
        js="\n".join(map(_read, paths)),
        isolate_styles=isolate_styles,
    )
    return mounted


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def no_callback() -> None:
    """Streamlit returns a value of a component only if it has a callback; the value itself is enough here."""
