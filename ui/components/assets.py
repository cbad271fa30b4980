"""Registers a component: markup, styles on the shared theme, and scripts joined into one module.

Streamlit runs a component's JavaScript as a single inline module, so the scripts of a component share one scope.
"""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import streamlit as st

HERE = Path(__file__).parent


def component(
    name: str, scripts: Iterable[str], *, styles: Iterable[str] = (), isolate_styles: bool = True
) -> Callable[..., Any]:
    """A components.v2 component from the files of the folder of its name.

    The markup is ``<name>.html``, whose root has the class "seg-theme", with ``<name>.css``; the scripts are in their
    order. ``styles`` are further CSS files; they and scripts with a slash are relative to ui/components. Isolated
    styles mean that the component lives in a shadow root.
    """
    mounted: Callable[..., Any] = st.components.v2.component(
        f"segcore_{name}",
        html=_read(f"{name}/{name}.html"),
        css="\n".join(map(_read, ["theme.css", *styles, f"{name}/{name}.css"])),
        js="\n".join(_read(script if "/" in script else f"{name}/{script}") for script in scripts),
        isolate_styles=isolate_styles,
    )
    return mounted


def _read(path: str) -> str:
    return (HERE / path).read_text(encoding="utf-8")


def no_callback() -> None:
    """Streamlit returns a value of a component only if it has a callback; the value itself is enough here."""
