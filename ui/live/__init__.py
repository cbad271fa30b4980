"""Live curves of a run: a component of our own that asks a route for what is new and keeps the reader's zoom.

Streamlit's own charts are made anew whenever their data changes, and the zoom is lost. Here the browser polls
``/api/runs/NAME/events`` and hands the points to ``Plotly.react``: no rerun, no traffic but the new points.

    live.html   the fixed markup; texts are filled in from locale/*.json
    live.css    its looks, on Streamlit's own theme variables
    points.js   answers of the route → lines; axes and smoothing
    charts.js   lines → Plotly
    live.js     the state, the controls, the clock

The scripts are joined into one module: Streamlit runs a component's JavaScript as a single inline module.
"""

from pathlib import Path

import streamlit as st

from segcore.runs import Run
from ui.text import t
from ui.vendor import PLOTLY_URL

_HERE = Path(__file__).parent
_PARTS = ("points.js", "charts.js", "live.js")

TEXTS = (
    "axis", "axis_epoch", "axis_step", "axis_time", "broken", "charts", "ended", "gone", "gradient_norm", "iou",
    "live", "log", "loss", "minutes", "miou", "pause", "paused", "pixel_accuracy", "rate", "resume", "scores",
    "smooth", "table", "train_loss", "val_loss", "waiting",
)  # fmt: skip
"""Every text of the component; the key in locale/*.json has "live." before it."""

# Plotly writes its styles into the page's head, which a shadow root does not see: no isolation, all names begin "live".
_component = st.components.v2.component(
    "segcore_live",
    html=(_HERE / "live.html").read_text(encoding="utf-8"),
    css=(_HERE / "live.css").read_text(encoding="utf-8"),
    js="\n".join((_HERE / part).read_text(encoding="utf-8") for part in _PARTS),
    isolate_styles=False,
)


def curves(run: Run, *, is_active: bool, key: str) -> None:
    """Draw the curves of a run; they go on by themselves until it ends."""
    data = {
        "events": f"/api/runs/{run.name}/events",
        "active": is_active,  # a run that had ended may go on
        "plotly": PLOTLY_URL,
        "texts": {name: t(f"live.{name}") for name in TEXTS},
    }
    _component(data=data, key=key)
