"""Why this pixel? A click on the photo, and a link that asks lesson 16 about just that place."""

import streamlit as st

from segcore.data import sample_photos
from segcore.types import Image
from ui import state
from ui.components.viewer import Pixel
from ui.segment_request import ModelChoice
from ui.text import t
from ui.widgets import frame


def show(image: Image, model: ModelChoice, clicked: Pixel | None) -> None:
    """Draw the link for the last click on this photo; a hint before there was one.

    Only networks can be asked. The place is told in thousandths, because the lesson looks at a smaller copy.
    """
    if model.kind != "checkpoint":
        return
    if clicked is not None:
        state.keep("segment.why", (image.image_id, clicked))
    asked: tuple[str, Pixel] | None = state.kept("segment.why", None)
    if asked is None or asked[0] != image.image_id:
        st.caption(t("segment.why.hint"))
        return
    row, col = asked[1]
    height, width = image.rgb.shape[:2]
    place = f"{round(1000 * row / max(1, height - 1))}.{round(1000 * col / max(1, width - 1))}"
    chosen = state.selected() or sample_photos.FIRST
    query = {"lesson": "why", "network": model.name, "pixel": place}
    if chosen in sample_photos.SAMPLES:
        query["photo"] = chosen
    else:
        state.set_widget("learn.why.photo", chosen)  # an own photo stands in no address
    st.page_link(
        frame.PAGES / "learn.py", label=t("segment.why", row=row, col=col), icon=":material/help:", query_params=query
    )
