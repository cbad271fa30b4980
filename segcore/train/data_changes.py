"""Whether the data of a run is still that with which it began: checked before it resumes."""

import json
from collections.abc import Mapping
from pathlib import Path

from segcore.data.fingerprint import DataDifference, Marks, difference, marks, stated
from segcore.durable import write_whole
from segcore.errors import BadDataset
from segcore.runs import Run
from segcore.train.config import make_config
from segcore.train.training_data import Data, open_data

_FILE = "data.json"
"""The fingerprints of the training and the validation images, in the run's folder."""

_FIXED_BY_CHANGES = ("unknown_label", "data")
"""Causes of failures that a change of the data fixes."""


class ChangedData(BadDataset):
    """The data differs from that with which a run began."""


def check_data(run: Run, data: Data, *, is_resumed: bool) -> None:
    """Keep the fingerprint of a run's data or, where it resumes from a saved state, compare the data with it.

    Raises:
        ChangedData: they differ; `accept_changed_data` makes the run continue with the present data.
    """
    path = run.path / _FILE
    before = _read(path) if is_resumed else None
    now = {"train": marks(data.train), "val": marks(data.val)}
    if before is None:
        write_whole(path, json.dumps(now, ensure_ascii=False).encode())
        return
    found = _differences(before, now)
    if found:
        raise ChangedData(
            "The data of run {name} has changed since it began, by names, sizes and times of its files: {differences}. "
            "Bring the old data back, or continue with the new: `python -m segcore runs resume {name} "
            "--accept-changed-data`. Scores before and after are then not comparable.",
            name=run.name,
            differences=stated(found),
        )


def check_before_resume(run: Run) -> None:
    """As `check_data`, before the process of a run is started; data that cannot be opened is left to that process.

    After a failure that a change of the data fixes, changes are accepted.
    """
    if not ((run.path / _FILE).exists() and run.resume_path.exists()):
        return
    if run.cause() in _FIXED_BY_CHANGES:
        accept_changed_data(run)
        return
    try:
        data = open_data(make_config(run.plan))
    except BadDataset:
        return
    check_data(run, data, is_resumed=True)


def accept_changed_data(run: Run) -> None:
    """Make a run that has ended continue with the present data, whose fingerprint is kept when it resumes."""
    (run.path / _FILE).unlink(missing_ok=True)


def _differences(before: Mapping[str, Marks], now: Mapping[str, Marks]) -> dict[str, DataDifference]:
    found = {split: difference(before.get(split, {}), marks) for split, marks in now.items()}
    return {split: each for split, each in found.items() if each}


def _read(path: Path) -> dict[str, Marks] | None:
    """The kept fingerprint; None for a run that has none, of an older version, or a damaged one."""
    try:
        content = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None
    return content if isinstance(content, dict) else None
