"""``streamlit run app.py``: the launcher. It adds routes, headers and a warm-up to Streamlit's server.

The script of the pages is ui/main.py and the screens are in pages/. The script must not lie beside ``pages/``: there
Streamlit would serve the page files by its older convention, without navigation and frame, until the first
visitor has opened the start page.
"""

from pathlib import Path

import streamlit as st

from ui.api.routes import ROUTES
from ui.server import MIDDLEWARE, lifespan

app = st.App(Path(__file__).parent / "ui" / "main.py", routes=ROUTES, middleware=MIDDLEWARE, lifespan=lifespan)
