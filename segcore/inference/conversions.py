"""The converted networks in ``home()/engines``: finding one without torch, and converting with torch.

A folder is named by a hash of everything that the conversion depends on. Tracing takes one to two seconds, and torch
has to be imported for it; a cached conversion loads in a tenth of a second.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import NamedTuple

from segcore import paths
from segcore.checkpoint import CheckpointCard, CheckpointRef, file_sha256, load_card

CONVERTER = "segcore.inference.converter"
"""The module that converts a checkpoint's file: ``python -m segcore.inference.converter FILE``."""

_MAX_CACHED = 8
_MAX_SECONDS = 300


class Conversion(NamedTuple):
    """A network converted for OpenVINO, which runs without torch: its card and its folder."""

    card: CheckpointCard
    folder: Path


def conversion_folder(identity: str) -> Path:
    """Where the conversion of weights of this identity (a hash) is, or would be."""
    sources = sorted((paths.PACKAGE / "models").glob("*.py"))
    facts = [
        identity,
        *map(_version, ("torch", "torchvision", "openvino")),
        *(path.read_text(encoding="utf-8") for path in sources),
    ]
    return paths.home() / "engines" / hashlib.sha256("\n".join(facts).encode()).hexdigest()[:32]


def find_conversion(ref: CheckpointRef) -> Conversion | None:
    """The conversion of a checkpoint's file; None if there is none and none can be made.

    If torch is not imported yet, another process converts: the memory of torch then returns to the system.
    """
    card, folder = load_card(ref.path), conversion_folder(file_sha256(ref))
    if not folder.is_dir() and "torch" not in sys.modules:
        command = [sys.executable, "-m", CONVERTER, str(ref.path)]
        home = os.environ | {"SEGCORE_HOME": str(paths.home())}  # a relative one would be another folder there
        try:  # in the folder of the package, so that `-m segcore…` is found
            subprocess.run(command, check=False, capture_output=True, timeout=_MAX_SECONDS, cwd=paths.PROJECT, env=home)
        except (OSError, subprocess.TimeoutExpired):
            return None
    return Conversion(card, folder) if folder.is_dir() else None


def cache_conversion(scratch: Path, folder: Path) -> None:
    """Move a complete conversion to its folder, atomically, and delete all but the newest few."""
    shutil.rmtree(folder, ignore_errors=True)  # a damaged one
    scratch.replace(folder)
    conversions = [path for path in folder.parent.iterdir() if path.is_dir() and not path.name.startswith(".")]
    for old in sorted(conversions, key=lambda path: path.stat().st_mtime, reverse=True)[_MAX_CACHED:]:
        shutil.rmtree(old, ignore_errors=True)


def scratch_folder() -> Path:
    """A new folder beside the conversions, to be moved or deleted."""
    parent = paths.home() / "engines"
    parent.mkdir(parents=True, exist_ok=True)
    return Path(tempfile.mkdtemp(dir=parent, prefix=".arriving-"))


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""
