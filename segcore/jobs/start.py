"""Start a job, or find the one that already has the result for the same settings.

The folder's name is a hash of the settings, so two pages that start the same job at once share it.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from segcore import paths
from segcore.errors import BadRun
from segcore.jobs.table import JOBS
from segcore.runs import ENDED_STATES, Run, list_runs, new_run, open_run, start
from segcore.runs.journal import plain_values

WORKER = "segcore.jobs.worker"
RESULT = "result.json"
KEPT = 200
"""Maximum number of jobs on disk; the oldest ended ones are deleted first."""


@dataclass(frozen=True)
class JobProgress:
    """The progress of a job in its own units, and the seconds left at the pace so far; None if unknown.

    ``doing`` is the key of the current activity, empty before the first report; ``detail`` is plain text about it.
    """

    done: float
    total: float | None
    doing: str
    detail: str
    left: float | None

    @property
    def share(self) -> float:
        """0 … 1; 0 if the total is unknown."""
        return min(max(self.done / self.total, 0.0), 1.0) if self.total else 0.0


def start_job(name: str, settings: Mapping[str, Any], *, files: Iterable[Path] = (), again: bool = False) -> Run:
    """Start a job of JOBS in a process of its own, unless it is running or has a result; return it at once.

    The settings, plain JSON values, are those of the job's function; the result also depends on the contents of
    ``files``, see `fingerprint`. ``again`` replaces an earlier result; without one the job is always started again.

    Raises:
        BadRun: the process cannot be started.
    """
    files = list(files)
    found = find_job(name, settings, files=files)
    if found is not None and (is_active(found) or (not again and job_result(found) is not None)):
        return found
    try:
        if found is None or found.last("state") is not None:
            _make_room(found)
            spec = {"job": name, "version": JOBS[name].version, "settings": dict(settings)}
            found = new_run(spec, name=_folder_name(name, settings, files), root=paths.jobs_dir())
        start(found, module=WORKER)
    except BadRun:
        other = find_job(name, settings, files=files)
        if other is None or not is_active(other):
            raise
        return other  # started twice at once: both get the first
    return found


def find_job(name: str, settings: Mapping[str, Any], *, files: Iterable[Path] = ()) -> Run | None:
    """The job with these settings, in whatever state, or None. Arguments as for `start_job`."""
    try:
        return open_run(_folder_name(name, settings, files), root=paths.jobs_dir())
    except BadRun:
        return None


def is_active(run: Run) -> bool:
    """Whether a process works on the job or waits for its device."""
    return run.status() not in ENDED_STATES and run.last("state") is not None


def job_result(run: Run) -> dict[str, Any] | None:
    """The result of a job; None before it has finished."""
    if run.status() != "finished":
        return None
    try:
        result = json.loads((run.path / RESULT).read_bytes())
    except (OSError, ValueError):  # deleted meanwhile, or damaged
        return None
    return result if isinstance(result, dict) else None


def job_progress(run: Run) -> JobProgress:
    """The progress of a job, from its last ``progress`` event."""
    event, began = run.last("progress") or {}, run.last("began")
    done, total = event.get("done", 0), event.get("total")
    left = event.get("left")
    if "left" not in event and began is not None and total and done:
        left = (event["time"] - began["time"]) * (total - done) / done
    return JobProgress(done, total, str(event.get("doing", "")), str(event.get("detail", "")), left)


def fingerprint(files: Iterable[Path]) -> list[list[Any]]:
    """Sizes and times of files, and times of folders and their direct subfolders.

    A folder's time does not change when a file in it is overwritten in place; reading the times of a hundred thousand
    masks at every rerun of a page would be too slow.
    """
    marks: list[list[Any]] = []
    for path in files:
        inner = sorted(each for each in path.iterdir() if each.is_dir()) if path.is_dir() else []
        for each in (path, *inner):
            facts = each.stat() if each.exists() else None
            size = facts.st_size if facts and each.is_file() else 0
            marks.append([str(each), facts.st_mtime_ns if facts else 0, size])
    return marks


def _folder_name(name: str, settings: Mapping[str, Any], files: Iterable[Path]) -> str:
    """The job's name and a hash of everything that its result depends on."""
    identity = [name, JOBS[name].version, plain_values(dict(settings)), fingerprint(files)]
    digest = hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()
    return f"{name}-{digest[:20]}"


def _make_room(old: Run | None) -> None:
    """Delete the job to be repeated, and the oldest beyond KEPT. A running job holds its lock and stays."""
    for run in [*([old] if old else []), *list_runs(root=paths.jobs_dir())[KEPT - 1 :]]:
        with suppress(BadRun):
            run.delete()
