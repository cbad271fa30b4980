"""The parameters of a method without a network, and the point that region growing begins at."""

import streamlit as st

from segcore.classical import METHODS
from segcore.types import Image
from ui import state
from ui.components.viewer import Pixel
from ui.segment_request import SegmentRequest
from ui.text import t

_ALL = tuple(dict.fromkeys(parameter.name for method in METHODS.values() for parameter in method.parameters))
"""All parameters that methods write to the address."""

_PRESSED = "segment.grow.pressed"


def parameters(name: str) -> tuple[tuple[str, int], ...]:
    """Draw the parameters of a method and return their values by name."""
    pressed: dict[str, int] = state.get(_PRESSED, {})
    state.put(_PRESSED, {})
    found = {}
    for parameter in METHODS[name].parameters:
        key = f"segment.{name}.{parameter.name}"
        requested = state.requested(parameter.name) or ""
        number = int(requested) if requested.removeprefix("-").isdecimal() else None
        values = range(parameter.low, parameter.high + 1)
        state.choose_widget(key, values, parameter.default, pressed.get(parameter.name, number))
        found[parameter.name] = st.slider(
            t(f"classical.set.{parameter.name}"),
            parameter.low,
            parameter.high,
            key=key,
            help=t(f"classical.set.{parameter.name}.help"),
            persist_state="session",
        )
    usual = {parameter.name: parameter.default for parameter in METHODS[name].parameters}
    changed = {each: str(value) for each, value in found.items() if value != usual[each]}
    state.set_address(**{each: changed.get(each) for each in _ALL})
    return tuple(found.items())


def forget_address() -> None:
    """Remove the parameters from the address: a network has none of them."""
    state.set_address(**dict.fromkeys(_ALL))


def begin_at(image: Image, request: SegmentRequest, clicked: Pixel | None) -> None:
    """Start region growing at the clicked pixel, which reruns the page."""
    if request.model.kind != "classical" or request.model.name != "grow":
        return
    if clicked is None:
        st.caption(t("classical.grow.hint"))
        return
    height, width = image.rgb.shape[:2]
    row, column = clicked.row / max(1, height - 1), clicked.col / max(1, width - 1)
    place = {"row": round(100 * row), "column": round(100 * column)}
    if not place.items() <= dict(request.settings).items():
        state.put(_PRESSED, place)
        st.rerun()
