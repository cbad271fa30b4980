"""The chart library, as the installed plotly package carries it: no copy in this project, and no network."""

from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path


def _package_folder() -> Path:
    """Found without importing the package, which takes half a second and is not needed to draw in the browser."""
    spec = find_spec("plotly")
    if spec is None or spec.origin is None:
        raise ImportError("plotly is not installed; `pip install -r requirements.txt` brings it")
    return Path(spec.origin).parent


PLOTLY_SCRIPT = _package_folder() / "package_data" / "plotly.min.js"
PLOTLY_URL = f"/vendor/plotly.min.js?v={version('plotly')}"
