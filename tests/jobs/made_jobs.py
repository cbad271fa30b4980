"""Jobs as their processes would leave them, without processes."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from segcore import paths
from segcore.jobs.start import RESULT, _folder_name
from segcore.runs import Run, new_run


def made_job(name: str, settings: Mapping[str, Any], result: Mapping[str, Any], *, files: Iterable[Path] = ()) -> Run:
    """A job that has answered."""
    run = new_run(
        {"job": name, "settings": dict(settings)}, name=_folder_name(name, settings, files), root=paths.jobs_dir()
    )
    run.emit("state", state="starting")
    run.emit("state", state="running")
    (run.path / RESULT).write_text(json.dumps(result))
    run.emit("state", state="finished")
    return run
