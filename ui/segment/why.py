"""The link from a clicked pixel to the lesson that explains its class."""

import streamlit as st

from segcore.data import sample_photos
from segcore.types import Image
from ui import links, state
from ui.components.viewer import Pixel
from ui.segment_request import ModelChoice
from ui.text import t
from ui.widgets import photos


def show(image: Image, model: ModelChoice, clicked: Pixel | None) -> None:
    """Draw the link for the last click on this photo; a hint before the first. Only for networks.

    The pixel is given in thousandths of the photo, because the lesson works on a smaller copy.
    """
    if model.kind != "checkpoint":
        return
    if clicked is not None:
        state.put("segment.why", (image.image_id, clicked))
    last: tuple[str, Pixel] | None = state.get("segment.why", None)
    if last is None or last[0] != image.image_id:
        st.caption(t("segment.why.hint"))
        return
    row, col = last[1]
    height, width = image.rgb.shape[:2]
    pixel = f"{round(1000 * row / max(1, height - 1))}.{round(1000 * col / max(1, width - 1))}"
    settings = {"network": model.name, "pixel": pixel}
    chosen = photos.selected()
    if chosen in sample_photos.SAMPLES:
        settings["photo"] = chosen
    else:
        state.set_widget("learn.why.photo", chosen)  # an own photo cannot be part of an address
    links.lesson("why", **settings).draw(
        t("segment.why", lesson=links.lesson_number("why"), row=row, col=col), icon=":material/help:"
    )
