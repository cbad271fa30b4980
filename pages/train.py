"""Train: choose a preset, change settings, check them, start."""

import streamlit as st

from ui.train import form, lr_finder, preflight, start
from ui.widgets import frame

with frame.page("train"):
    form.fill()
    left, right = st.columns([7, 5], gap="large")
    with left:
        form.draw()
    with right:
        config = form.config()
        if config:
            start.button(config)
            preflight.show(config)
            lr_finder.show(config)
            start.show_command(config)
