"""The page of viewer_app.py; the address says what is shown: ?truth&second&ask&maps=small …"""

import streamlit as st
import viewer_scene as scene

from ui.components import viewer

query = st.query_params
st.set_page_config(layout="wide")
st.session_state.runs = st.session_state.get("runs", 0) + 1
other_photo = st.toggle("Other photo")

clicked = viewer.show(
    viewer.Layers(
        scene.WIDTH,
        scene.HEIGHT,
        image="/api/scene/other-photo" if other_photo else "/api/scene/photo",
        maps=f"/api/scene/{query.get('maps', 'maps')}",
        uncertainty="/api/scene/uncertainty",
        truth="/api/scene/truth" if "truth" in query else None,
        second=viewer.SecondMask("/api/scene/second", "Otsu") if "second" in query else None,
    ),
    scene.CLASSES,
    scene.COLOURS,
    title="everyday",
    ask_pixel="ask" in query,
    key="viewer",
)
st.text(f"run {st.session_state.runs}, clicked {tuple(clicked) if clicked else None}")
