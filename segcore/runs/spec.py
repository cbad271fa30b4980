"""Reading spec.json, the configuration of a run."""

import json
from pathlib import Path
from typing import Any

from segcore.errors import BadRun


def read_spec(folder: Path) -> dict[str, Any]:
    """The configuration of the run in a folder.

    Raises:
        BadRun: spec.json is missing or not a JSON object.
    """
    try:
        spec = json.loads((folder / "spec.json").read_bytes())
    except FileNotFoundError:
        raise BadRun(f"{folder} is no run: it has no spec.json. `runs list` shows the runs there are.") from None
    except (OSError, ValueError) as error:
        raise BadRun(
            f"The spec.json of run {folder.name} cannot be read ({error}). It should be one JSON object; "
            "the run cannot be continued without it."
        ) from None
    if not isinstance(spec, dict):
        raise BadRun(f"The spec.json of run {folder.name} holds a {type(spec).__name__}, expected a JSON object.")
    return spec
