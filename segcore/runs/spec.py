"""spec.json: the configuration of a run as it was made."""

import json
from pathlib import Path
from typing import Any

from segcore.errors import BadRun
from segcore.runs.names import readable


def read_spec(folder: Path) -> dict[str, Any]:
    """The configuration in the folder of a run.

    Raises:
        BadRun: spec.json is missing or not a JSON object.
    """
    try:
        spec = json.loads((folder / "spec.json").read_bytes())
    except FileNotFoundError:
        raise BadRun(
            "{path} is no run: it has no spec.json. `runs list` shows the runs there are.", path=folder
        ) from None
    except (OSError, ValueError, RecursionError) as error:
        raise BadRun(
            "The spec.json of run {name} cannot be read ({error}). It should be one JSON object; the run cannot "
            "be continued without it.",
            name=readable(folder.name),
            error=error,
        ) from None
    if not isinstance(spec, dict):
        found = type(spec).__name__
        raise BadRun(
            "The spec.json of run {name} holds a {found}, expected a JSON object.",
            name=readable(folder.name),
            found=found,
        )
    return spec
