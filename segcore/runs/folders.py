"""The folders of all runs: make one, open one by its name, list them.

A run that is made here has a plain name. Any other folder directly in the folder of runs that holds a run is one too,
whatever it is called: "base0 (copy)" of a file manager, a name in Chinese, "-x". Only hidden folders are none.
"""

import json
import os
import re
import secrets
import shutil
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path, PurePath
from typing import Any

from segcore import paths
from segcore.durable import flush_folder, write_whole
from segcore.errors import BadRun
from segcore.runs.names import PLAIN_NAME, is_folder_name, name_of_address, readable
from segcore.runs.store import Run


def new_run(spec: Mapping[str, Any], *, name: str | None = None, root: Path | None = None) -> Run:
    """Make the folder of a run, atomically.

    Args:
        spec: the configuration as JSON values: {"model": "unet", "data": ["shapes"], ...}.
        name: letters, digits, "_" and "-", at most 64. None derives one: 20261120-1412-unet-camvid-a3f9.
        root: the folder of all runs; None is `segcore.paths.runs_dir()`.

    Raises:
        BadRun: the name is not allowed or taken, or the folder cannot be written.
        TypeError, ValueError: the spec cannot be written as JSON.
    """
    text = json.dumps(dict(spec), indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    root = paths.runs_dir() if root is None else root
    if name is not None:
        _check_name(name)
    try:
        root.mkdir(parents=True, exist_ok=True)
        unfinished = root / f".new-{secrets.token_hex(8)}"
        unfinished.mkdir()
        try:
            for part in ("samples", "checkpoints"):
                (unfinished / part).mkdir()
            write_whole(unfinished / "spec.json", text.encode())
            path = _claim_name(unfinished, root, name, spec)
        except BaseException:
            shutil.rmtree(unfinished, ignore_errors=True)
            raise
        flush_folder(root)
    except OSError as error:
        raise BadRun(
            "No run can be made in {root}: {error}. Choose another folder with SEGCORE_HOME.", root=root, error=error
        ) from None
    return Run(path)


def open_run(name: str, *, root: Path | None = None, follow_links: bool = False) -> Run:
    """The run of that name, or of that `address`.

    Names come from URLs, so a link is followed only within the folder of runs, unless ``follow_links``: the owner of
    the folder, at a shell, may keep runs on another disk.

    Raises:
        BadRun: the name is not allowed, or there is no such run.
    """
    root = paths.runs_dir() if root is None else root
    for candidate in (name, name_of_address(name)):
        if candidate is None or not is_folder_name(candidate) or not _holds_run(root / candidate):
            continue
        if not follow_links and not (root / candidate).resolve().is_relative_to(root.resolve()):
            raise BadRun(
                'There is no run "{name}" in {root}, only a link to {place}. Pages do not follow links out of the '
                "folder of runs: move the run there, or use `python -m segcore runs`, which does.",
                name=readable(candidate),
                root=root,
                place=(root / candidate).resolve(),
            )
        return Run(root / candidate)
    _check_name(name)
    raise BadRun(
        'There is no run "{name}" in {root}. `python -m segcore runs list` shows the runs there are.',
        name=name,
        root=root,
    )


def run_at(path: Path) -> Run:
    """The run in a given folder, for a worker process.

    Raises:
        BadRun: the folder is not a run.
    """
    if not (path / "spec.json").is_file():
        raise BadRun("{path} is no run: it has no spec.json. Give the folder of a run.", path=path)
    return Run(path.resolve())


def list_runs(*, root: Path | None = None) -> list[Run]:
    """All runs, the newest first. Hidden and other folders are skipped; only ages are read."""
    root = paths.runs_dir() if root is None else root
    if not root.is_dir():
        return []
    ages: list[tuple[float, str]] = []
    for name in os.listdir(root):  # noqa: PTH208 - a thousand names
        if not name.startswith("."):
            with suppress(OSError):  # not a run, or just deleted
                ages.append((os.stat(f"{root}{os.sep}{name}{os.sep}spec.json").st_mtime, name))  # noqa: PTH116
    return [Run(root / name) for _, name in sorted(ages, reverse=True)]


def _holds_run(path: Path) -> bool:
    try:
        return (path / "spec.json").is_file()
    except (OSError, ValueError):  # a name that no file can have: too long, or not encodable
        return False


def _check_name(name: str) -> None:
    if not PLAIN_NAME.fullmatch(name):
        raise BadRun(
            '"{name}" cannot name a run. A name is 1 to 64 letters (a-z, A-Z), digits, "_" or "-", for example '
            '"unet-camvid-2".',
            name=name,
        )


def _claim_name(unfinished: Path, root: Path, name: str | None, spec: Mapping[str, Any]) -> Path:
    """Rename the finished folder to its name; renaming fails if the name is taken, so names are unique."""
    while True:
        path = root / (name or _generated_name(spec))
        try:
            return unfinished.rename(path)
        except OSError:
            if not path.exists():
                raise
        if name is not None:
            raise BadRun(
                'There already is a run "{name}". Choose another name, or leave the name out to get a free one.',
                name=name,
            )


def _generated_name(spec: Mapping[str, Any]) -> str:
    """20261120-1412-unet-camvid-a3f9; several datasets are joined, a split's folder gives its parent's name."""
    words = [spec.get("model", ""), *spec.get("data", ())]
    slugs = [re.sub(r"[^a-z0-9]+", "", _dataset_word(word).lower()) for word in words]
    middle = "-".join(slug for slug in slugs if slug)[:40].strip("-") or "run"
    return f"{datetime.now():%Y%m%d-%H%M}-{middle}-{secrets.token_hex(2)}"


def _dataset_word(text: str) -> str:
    """The part of a path, or of a registered name such as "shapes:200", that identifies the dataset."""
    parts = PurePath(text.partition(":")[0]).parts
    identifying = [part for part in parts if part.lower() not in ("train", "training", "val", "images", "/")]
    return identifying[-1] if identifying else ""
