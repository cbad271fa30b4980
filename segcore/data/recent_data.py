"""The data that was used last, newest first: one list for all pages, in a file in the user's folder."""

import json
from pathlib import Path

from segcore import paths
from segcore.data.specs import dataset_folder, full_spec
from segcore.durable import write_whole

MAX_RECENT = 24


def recent_data() -> list[str]:
    """Return the specs of folders, newest first, whether or not the folders still exist."""
    try:
        found = json.loads(_file().read_text(encoding="utf-8"))
    except (OSError, ValueError):  # none yet, or damaged: a list of folders is no loss
        return []
    return [each for each in found if isinstance(each, str)] if isinstance(found, list) else []


def remember_data(spec: str) -> None:
    """Move a spec to the top; synthetic data has no folder and is not remembered."""
    if dataset_folder(spec) is None:
        return
    spec = full_spec(spec)
    known = recent_data()
    if known[:1] != [spec]:
        _write([spec, *(each for each in known if each != spec)][:MAX_RECENT])


def forget_data(spec: str) -> None:
    """Remove a spec from the list; the folder stays."""
    _write([each for each in recent_data() if each != spec])


def is_there(spec: str) -> bool:
    """Return whether the folder of a spec exists; True for synthetic data."""
    folder = dataset_folder(spec)
    return folder is None or folder.exists()


def _file() -> Path:
    return paths.home() / "recent-data.json"


def _write(specs: list[str]) -> None:
    _file().parent.mkdir(parents=True, exist_ok=True)
    write_whole(_file(), (json.dumps(specs, ensure_ascii=False, indent=1) + "\n").encode())
