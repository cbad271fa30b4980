"""A line drawing (SVG) whose parts can be pressed: by pointer, or by Tab and Enter.

The SVG is trusted: it is made here, never by a visitor. Elements with ``data-part`` are parts; a press on one is
returned. Its classes and colours are in drawing.css.
"""

from ui.components.assets import component, no_callback

_component = component("drawing", ("drawing.js",))


def show(svg: str, *, key: str, title: str = "") -> str | None:
    """Draw an SVG under its title; return the name of the part pressed just now, or None."""
    pressed = _component(data={"svg": svg, "title": title}, key=key, on_part_change=no_callback).get("part")
    return str(pressed) if pressed is not None else None
