"""The samples of a run: the files that may be read, the identity of each sample, and comparable runs.

The folder of a run may come from anywhere, so its events are not trusted: a file can be read only if an event lists it,
its name is plain, and it is really in the folder of samples.
"""

import hashlib
import re
import struct
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from segcore.runs import Event, Run, list_runs, shown_name
from ui.blobs import Blob

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,60}\.(png|jpg)")
_KINDS = ("image", "truth", "labels", "confidence")
_PNG = b"\x89PNG\r\n\x1a\n"
_MOST_CANDIDATES = 200
"""Maximum of the newest runs that are checked."""


def read(run: Run, name: str) -> tuple[Blob, str] | None:
    """A file that an event lists which still counts, and its version; None for any other name.

    The version changes when the file may have changed: files of an epoch that is repeated keep their names.
    """
    version, path = _versions(run).get(name), _in_folder(run, name)
    if version is None or path is None:
        return None
    return Blob(path.read_bytes(), "image/png" if name.endswith(".png") else "image/jpeg"), version


def identities(run: Run, rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The facts of each sample that are the same in all epochs, from the ``samples`` of any ``sample`` event.

    Returns:
        One mapping per readable sample: ``sample``, its number; ``name``; ``image`` and ``truth``, file names;
        ``v``, their version; ``width`` and ``height`` in pixels; and ``id``, which is the same in another run
        exactly if that run has the same image at the same size with the same labels.
    """
    versions, found = _versions(run), []
    for row in rows:
        path = _in_folder(run, str(row.get("truth")))
        fingerprint = path and _fingerprint(path, path.stat().st_mtime_ns)
        if not fingerprint:
            continue
        digest, width, height = fingerprint
        facts = {name: row.get(name) for name in ("sample", "name", "image", "truth")}
        identity = hashlib.sha256(f"{facts['name']} {digest}".encode()).hexdigest()[:20]
        facts |= {"v": versions.get(str(facts["truth"])), "width": width, "height": height, "id": identity}
        found.append(facts)
    return found


def comparable_runs(run: Run) -> list[dict[str, str]]:
    """Other runs with samples, the newest first, and why one cannot be compared.

    Returns:
        ``name``, its address; ``title``, its name for people, if that is another; and ``why``: "" for a run with the
        same classes and at least one common sample, else the difference,
        "classes" or "samples".
    """
    mine = _shown(run)
    found = []
    for other in list_runs(root=run.path.parent)[:_MOST_CANDIDATES]:
        theirs = _shown(other) if other.name != run.name else None
        if theirs is None:
            continue
        why = "classes" if mine is None or theirs[0] != mine[0] else "" if theirs[1] & mine[1] else "samples"
        title = shown_name(other)
        found.append({"name": other.address, "why": why} | ({"title": title} if title != other.name else {}))
    return found


def _shown(run: Run) -> tuple[list[str], set[str]] | None:
    """Classes and identities of the samples; None if none were kept."""
    event = run.last("sample")
    if event is None:
        return None
    classes = (run.last("setup") or {}).get("classes", [])
    return classes, {sample["id"] for sample in identities(run, event["samples"])}


def _in_folder(run: Run, name: str) -> Path | None:
    """A file in the folder of samples; None for any other, also behind a symbolic link."""
    if not _NAME.fullmatch(name):
        return None
    path = run.samples_dir / name
    return path if path.is_file() and path.resolve() == run.path.resolve() / "samples" / name else None


def _versions(run: Run) -> dict[str, str]:
    """File name → version, of all files that events list which count."""
    try:
        facts = run.events_path.stat()
    except FileNotFoundError:
        return {}
    return _named(run.path, (facts.st_ino, facts.st_mtime_ns, facts.st_size))


def version(event: Event) -> str:
    """Changes whenever an epoch is repeated, so that browsers may keep an answer under its version for ever."""
    return f"{event['time']:.3f}"


@lru_cache(maxsize=16)
def _named(path: Path, _content: tuple[int, int, int]) -> dict[str, str]:
    named: dict[str, str] = {}
    for event in Run(path).timeline(("sample",)):
        for row in event.get("samples", ()):
            for kind in _KINDS:
                named.setdefault(str(row.get(kind)), version(event))
    return named


@lru_cache(maxsize=4096)
def _fingerprint(path: Path, _changed: int) -> tuple[str, int, int] | None:
    """Digest, width and height of a PNG; None for any other file. Files are written atomically, never half."""
    data = path.read_bytes()
    if not data.startswith(_PNG) or len(data) < 24:
        return None
    width, height = struct.unpack(">II", data[16:24])
    return hashlib.sha256(data).hexdigest(), width, height
