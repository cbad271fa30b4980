"""The pictures of a run: which of its files may be read, which sample is which, and which other runs have the same.

A run's folder may come from anywhere, so its events are not trusted: a file can be read only when an event names it,
its name is plain, and it truly lies in the folder of samples.
"""

import hashlib
import re
import struct
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, NamedTuple

from segcore.runs import Run, list_runs

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,60}\.(png|jpg)")
_KINDS = ("image", "truth", "labels", "confidence")
_PNG = b"\x89PNG\r\n\x1a\n"
_MOST_RIVALS = 200
"""Of the newest runs so many are looked at."""


class SampleFile(NamedTuple):
    """One picture of a run.

    Attributes:
        data: the file.
        media_type: of what its name promises.
        version: changes when the picture may have changed: pictures of an epoch that is done again keep their names.
    """

    data: bytes
    media_type: Literal["image/png", "image/jpeg"]
    version: str


def read(run: Run, name: str) -> SampleFile | None:
    """A picture that an event names which still counts; None for anything else."""
    version = _versions(run).get(name)
    if version is None:
        return None
    path = _in_folder(run, name)
    if path is None:
        return None
    return SampleFile(path.read_bytes(), "image/png" if name.endswith(".png") else "image/jpeg", version)


def identities(run: Run, rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """What is the same of each sample in all epochs.

    Args:
        run: whose samples they are.
        rows: the ``samples`` of any ``sample`` event.

    Returns:
        One mapping a sample that can be read: ``sample``, its number; ``name``; ``image`` and ``truth``, file names;
        ``v``, their version; ``width`` and ``height`` in pixels; and ``id``, which is the same in another run just when
        that one shows the same image at the same size with the same labels.
    """
    versions, found = _versions(run), []
    for row in rows:
        path = _in_folder(run, str(row.get("truth")))
        fingerprint = path and _fingerprint(path, path.stat().st_mtime_ns)
        if not fingerprint:
            continue
        digest, width, height = fingerprint
        told = {name: row.get(name) for name in ("sample", "name", "image", "truth")}
        identity = hashlib.sha256(f"{told['name']} {digest}".encode()).hexdigest()[:20]
        told |= {"v": versions.get(str(told["truth"])), "width": width, "height": height, "id": identity}
        found.append(told)
    return found


def rivals(run: Run) -> list[dict[str, str]]:
    """Other runs that keep pictures, the newest first, and why one cannot be compared.

    Returns:
        ``name``, and ``why``: "" for a run with the same classes that shows at least one of the same samples, else
        "classes" or "samples", what differs.
    """
    mine = _shown(run)
    found = []
    for other in list_runs(root=run.path.parent)[:_MOST_RIVALS]:
        theirs = _shown(other) if other.name != run.name else None
        if theirs is None:
            continue
        why = "classes" if mine is None or theirs[0] != mine[0] else "" if theirs[1] & mine[1] else "samples"
        found.append({"name": other.name, "why": why})
    return found


def _shown(run: Run) -> tuple[list[str], set[str]] | None:
    """Classes and identities of the samples; None where no picture was kept."""
    event = run.last("sample")
    if event is None:
        return None
    classes = (run.last("setup") or {}).get("classes", [])
    return classes, {sample["id"] for sample in identities(run, event["samples"])}


def _in_folder(run: Run, name: str) -> Path | None:
    """A file of the folder of samples; None for any other, whatever a name or a link says."""
    if not _NAME.fullmatch(name):
        return None
    path = run.samples_dir / name
    return path if path.is_file() and path.resolve() == run.path.resolve() / "samples" / name else None


def _versions(run: Run) -> dict[str, str]:
    """File name → version, of all that events name which count."""
    try:
        facts = run.events_path.stat()
    except FileNotFoundError:
        return {}
    return _named(run.path, (facts.st_ino, facts.st_mtime_ns, facts.st_size))


@lru_cache(maxsize=16)
def _named(path: Path, _content: tuple[int, int, int]) -> dict[str, str]:
    named: dict[str, str] = {}
    for event in Run(path).timeline(("sample",)):
        for row in event.get("samples", ()):
            for kind in _KINDS:
                named.setdefault(str(row.get(kind)), f"{event['time']:.3f}")
    return named


@lru_cache(maxsize=4096)
def _fingerprint(path: Path, _changed: int) -> tuple[str, int, int] | None:
    """Digest, width and height of a PNG; None for what is none. Files are written whole, so it is never half of one."""
    data = path.read_bytes()
    if not data.startswith(_PNG) or len(data) < 24:
        return None
    width, height = struct.unpack(">II", data[16:24])
    return hashlib.sha256(data).hexdigest(), width, height
