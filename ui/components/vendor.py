"""The chart library, as the installed plotly package carries it: no copy in this project, and no network."""

from importlib.metadata import distribution
from pathlib import Path

_PACKAGE = distribution("plotly")  # found without importing it, which takes half a second

PLOTLY_SCRIPT = Path(str(_PACKAGE.locate_file("plotly/package_data/plotly.min.js")))
PLOTLY_URL = f"/vendor/plotly.min.js?v={_PACKAGE.version}"
