"""The folder that ``predict`` writes to: names of results that replace no file of anyone else.

The results of photo.jpg are photo.json, photo_labels.png and photo_overlay.png. The JSON file records under ``segcore``
that ``predict`` wrote them, the photo, and the SHA-256 of each file. So results are replaced only by those of the same
photo (by path or by content), and only where none of the three files was changed since. Otherwise another name is
taken: photo-2.
"""

import hashlib
import itertools
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from segcore.durable import utf8, write_whole

LABELS, OVERLAY, FACTS = "_labels.png", "_overlay.png", ".json"
_KEY, _WRITER = "segcore", "predict"
_LONGEST_NAME = 255
"""Bytes of a file name on the file systems in common use."""


class ResultFolder:
    """Chooses names in one folder, and writes results under them; every name is used once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._taken: set[str] = set()

    def stem_for(self, photo: Path, image_id: str) -> tuple[str, str]:
        """The stem of the results of a photo, and the name of the file that keeps it from having the first choice.

        The second is empty where the results can have the photo's own stem, or differ from it only because this run
        has used it. ``image_id`` is the SHA-256 of the photo.
        """
        first, obstacle = _shortened(photo.stem), ""
        for count in itertools.count(1):
            stem = first if count == 1 else f"{first}-{count}"
            if stem.lower() in self._taken:  # some file systems ignore case
                continue
            foreign = self._foreign_file(stem, photo, image_id)
            if not foreign:
                self._taken.add(stem.lower())
                return stem, obstacle
            obstacle = obstacle or foreign
        raise AssertionError("there is always a further number")

    def write(self, stem: str, photo: Path, image_id: str, facts: dict[str, Any], images: tuple[bytes, bytes]) -> Path:
        """Write ``facts``, to which the record is added, and the PNG files of labels and overlay.

        Returns:
            The path of the labels.

        Raises:
            OSError: the disk is full, the folder is read-only.
        """
        files = {f"{stem}{LABELS}": images[0], f"{stem}{OVERLAY}": images[1]}
        facts[_KEY] = {
            "written_by": _WRITER,
            "photo": os.path.abspath(photo),  # noqa: PTH100 - a link keeps its own name
            "photo_sha256": image_id,
            "files": {name: hashlib.sha256(content).hexdigest() for name, content in files.items()},
        }
        facts[_KEY]["digest"] = _digest(facts)
        write_whole(self.folder / f"{stem}{FACTS}", utf8(json.dumps(facts, indent=2, ensure_ascii=False) + "\n"))
        for name, content in files.items():
            write_whole(self.folder / name, content)
        return self.folder / f"{stem}{LABELS}"

    def _foreign_file(self, stem: str, photo: Path, image_id: str) -> str:
        """The name of a file that results of this stem must not replace; empty without one."""
        paths = [self.folder / f"{stem}{suffix}" for suffix in (FACTS, LABELS, OVERLAY)]
        there = [path for path in paths if os.path.lexists(path)]
        if not there:
            return ""
        record = read_record(paths[0])
        if record is None or paths[0] != there[0]:
            return there[0].name
        same = record.get("photo_sha256") == image_id or record.get("photo") == os.path.abspath(photo)  # noqa: PTH100
        if not same:
            return there[0].name
        return next((path.name for path in there[1:] if _changed(path, record.get("files"))), "")


def result_names(folder: Path) -> frozenset[str]:
    """Names of the files in a folder that ``predict`` wrote, changed since or not."""
    names: set[str] = set()
    for path in folder.glob(f"*{FACTS}"):
        record = read_record(path, changed=True)
        if record is not None:
            names |= {path.name, *map(str, record.get("files") or ())}
    return frozenset(names)


def read_record(path: Path, *, changed: bool = False) -> Mapping[str, Any] | None:
    """What ``predict`` noted in a JSON file about itself; None for a file of others, or one ``changed`` since."""
    try:
        if path.is_symlink() or not path.is_file():
            return None
        content = path.read_bytes()
        facts = json.loads(content) if f'"{_KEY}"'.encode() in content else None
    except (OSError, ValueError, RecursionError):
        return None
    record = facts.get(_KEY) if isinstance(facts, dict) else None
    if not isinstance(facts, dict) or not isinstance(record, dict) or record.get("written_by") != _WRITER:
        return None
    return record if changed or record.get("digest") == _digest(facts) else None


def _digest(facts: Mapping[str, Any]) -> str:
    """The SHA-256 of what a JSON file states, without the digest itself."""
    record = {key: value for key, value in facts[_KEY].items() if key != "digest"}
    return hashlib.sha256(json.dumps({**facts, _KEY: record}, sort_keys=True).encode()).hexdigest()


def _changed(path: Path, files: Any) -> bool:
    """Whether a file is not the one that was recorded."""
    try:
        if path.is_symlink() or not path.is_file() or not isinstance(files, dict):
            return True
        return bool(hashlib.sha256(path.read_bytes()).hexdigest() != files.get(path.name))
    except OSError:
        return True


def _shortened(stem: str) -> str:
    """A stem that leaves room for a number and the longest ending."""
    room = _LONGEST_NAME - len(OVERLAY) - len("-99999")
    while len(os.fsencode(stem)) > room:
        stem = stem[:-1]
    return stem
