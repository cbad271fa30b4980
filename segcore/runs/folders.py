"""The folders of all runs: a new one, one by its name, all of them."""

import json
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
from segcore.runs.store import Run

_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")


def new_run(spec: Mapping[str, Any], *, name: str | None = None, root: Path | None = None) -> Run:
    """Make the folder of a run; it appears complete or not at all.

    Args:
        spec: what to do, as plain JSON values, such as a ``TrainConfig``: {"model": "unet", "data": ["shapes"], ...}.
        name: the name of the run: letters, digits, "_" and "-", at most 64. None makes one up from the time, the
            model and the data: 20261120-1412-unet-camvid-a3f9.
        root: the folder of all runs; None is `segcore.paths.runs_dir()`.

    Raises:
        BadRun: the name is not allowed or taken, or the folder cannot be written.
        TypeError, ValueError: the spec is not plain JSON.
    """
    text = json.dumps(dict(spec), indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    root = paths.runs_dir() if root is None else root
    if name is not None:
        _check_name(name)
    try:
        root.mkdir(parents=True, exist_ok=True)
        growing = root / f".new-{secrets.token_hex(8)}"
        growing.mkdir()
        try:
            for part in ("samples", "checkpoints"):
                (growing / part).mkdir()
            write_whole(growing / "spec.json", text.encode())
            path = _claim_name(growing, root, name, spec)
        except BaseException:
            shutil.rmtree(growing, ignore_errors=True)
            raise
        flush_folder(root)
    except OSError as error:
        raise BadRun(
            "No run can be made in {root}: {error}. Choose another folder with SEGCORE_HOME.", root=root, error=error
        ) from None
    return Run(path)


def open_run(name: str, *, root: Path | None = None) -> Run:
    """The run of that name.

    Raises:
        BadRun: the name is not allowed, or there is no such run.
    """
    _check_name(name)
    root = paths.runs_dir() if root is None else root
    path = root / name
    # A link in the folder of runs must not lead out of it: names come from URLs.
    if not path.resolve().is_relative_to(root.resolve()) or not (path / "spec.json").is_file():
        raise BadRun(
            'There is no run "{name}" in {root}. `python -m segcore runs list` shows the runs there are.',
            name=name,
            root=root,
        )
    return Run(path)


def run_at(path: Path) -> Run:
    """The run in a given folder, for a worker process, which is told the folder.

    Raises:
        BadRun: the folder is no run.
    """
    if not (path / "spec.json").is_file():
        raise BadRun("{path} is no run: it has no spec.json. Give the folder of a run.", path=path)
    return Run(path.resolve())


def list_runs(*, root: Path | None = None) -> list[Run]:
    """All runs, the newest first. Folders that are no run are passed over; nothing but their age is read."""
    root = paths.runs_dir() if root is None else root
    if not root.is_dir():
        return []
    ages: list[tuple[float, str]] = []
    for path in root.iterdir():
        if _NAME.fullmatch(path.name):
            with suppress(OSError):  # no run, or deleted just now
                ages.append(((path / "spec.json").stat().st_mtime, path.name))
    return [Run(root / name) for _, name in sorted(ages, reverse=True)]


def _check_name(name: str) -> None:
    if not _NAME.fullmatch(name):
        raise BadRun(
            '"{name}" cannot name a run. A name is 1 to 64 letters (a-z, A-Z), digits, "_" or "-", for example '
            '"unet-camvid-2".',
            name=name,
        )


def _claim_name(growing: Path, root: Path, name: str | None, spec: Mapping[str, Any]) -> Path:
    """Rename the finished folder to its name; a rename fails when the name is taken, so it is also the claim."""
    while True:
        path = root / (name or _made_up_name(spec))
        try:
            return growing.rename(path)
        except OSError:
            if not path.exists():
                raise
        if name is not None:
            raise BadRun(
                'There already is a run "{name}". Choose another name, or leave the name out to get a free one.',
                name=name,
            )


def _made_up_name(spec: Mapping[str, Any]) -> str:
    """20261120-1412-unet-camvid-a3f9; several datasets are joined, a split's folder gives its parent's name."""
    words = [spec.get("model", ""), *spec.get("data", ())]
    slugs = [re.sub(r"[^a-z0-9]+", "", _dataset_word(word).lower()) for word in words]
    middle = "-".join(slug for slug in slugs if slug)[:40].strip("-") or "run"
    return f"{datetime.now():%Y%m%d-%H%M}-{middle}-{secrets.token_hex(2)}"


def _dataset_word(text: str) -> str:
    """The word of a path, or of a registered name such as "shapes:200", that a person would use for it."""
    parts = PurePath(text.partition(":")[0]).parts
    telling = [part for part in parts if part.lower() not in ("train", "training", "val", "images", "/")]
    return telling[-1] if telling else ""
