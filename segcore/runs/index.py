"""The summaries of all runs, in milliseconds: a run is read again only if its files have changed.

Each entry is cached together with the size and age of its files: in memory, and in <root>/.index.json for the next
process. The file is only a cache: deleted, damaged or written by another version, it is made again. Runs with a live
process are read every time, because the process may die without changing a file.
"""

import hashlib
import json
import os
import threading
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass, fields, replace
from functools import cache
from pathlib import Path
from typing import NamedTuple

from segcore import paths
from segcore.durable import write_whole
from segcore.errors import BadRun, Message
from segcore.runs.facts import Summary, summary
from segcore.runs.folders import list_runs
from segcore.runs.names import readable
from segcore.runs.notes import Notes, notes_path, read_notes
from segcore.runs.states import ENDED_STATES
from segcore.runs.store import Run

INDEX_NAME = ".index.json"

_WRITE_SECONDS = 30.0
"""Minimum time between two writes of the file by one process; what is missing in it is read from the folders."""

_Key = tuple[tuple[int, int, int], ...]
"""Inode, size and modification time (ns) of each file that an entry was read from; zeros for a missing file."""


@dataclass(frozen=True)
class Entry:
    """One run in a list; its size in bytes is None if not computed yet."""

    run: Run
    facts: Summary
    notes: Notes
    size: int | None = None


class Snapshot(NamedTuple):
    """All runs at one moment, the newest first, and a sentence for each folder that cannot be read."""

    entries: list[Entry]
    problems: list[str]


class Index:
    """The runs of one folder, for all threads of a process."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._lock = threading.Lock()
        self._known: dict[str, tuple[_Key, Entry]] | None = None
        self._unwritten = False
        self._written_at = -_WRITE_SECONDS

    def read(self, *, sizes: bool = False) -> Snapshot:
        """All runs as they are now; ``sizes``: compute those too, which reads the size of each of their files."""
        with self._lock:
            known = self._load() if self._known is None else self._known
            entries: list[Entry] = []
            problems: list[str] = []
            now: dict[str, tuple[_Key, Entry]] = {}
            for run in list_runs(root=self.root):
                try:
                    key = _key(run)  # before reading: what is written meanwhile is then read next time
                    before = known.get(run.name)
                    entry = before[1] if before and before[0] == key else Entry(run, summary(run), read_notes(run))
                    if sizes and entry.size is None:
                        entry = replace(entry, size=run.size())
                except Exception as error:  # one damaged run, whatever is in its files, must not hide the others
                    if run.path.exists():  # else just deleted
                        problems.append(_problem(run, error))
                    continue
                entries.append(entry)
                if _is_settled(entry):
                    now[run.name] = (key, entry)
            self._unwritten = self._unwritten or now != known
            self._known = now
            self._save()
        return Snapshot(entries, problems)

    def with_sizes(self, entries: Iterable[Entry]) -> list[Entry]:
        """The same entries with their sizes; computes only missing ones."""
        sized = [replace(entry, size=entry.run.size()) if entry.size is None else entry for entry in entries]
        with self._lock:
            known = self._known or {}
            for entry in sized:
                key, before = known.get(entry.run.name, ((), None))
                if before == replace(entry, size=None):
                    known[entry.run.name] = (key, entry)
                    self._unwritten = True
        return sized

    def _load(self) -> dict[str, tuple[_Key, Entry]]:
        """The entries saved by an earlier process; empty if its file was modified in any way."""
        try:
            digest, _, text = (self.root / INDEX_NAME).read_bytes().partition(b"\n")
            found = json.loads(text)
        except (OSError, ValueError):
            return {}
        if digest.decode(errors="replace") != hashlib.sha256(text).hexdigest() or found["fields"] != _fields():
            return {}
        known: dict[str, tuple[_Key, Entry]] = {}
        for name, (key, facts, notes, size) in found["runs"].items():
            kept = Notes(**{**notes, "tags": tuple(notes["tags"])})
            known[name] = tuple(map(tuple, key)), Entry(Run(self.root / name), Summary(**facts), kept, size)
        return known

    def _save(self) -> None:
        if not self._unwritten or time.monotonic() - self._written_at < _WRITE_SECONDS:
            return
        runs = {
            name: (key, asdict(entry.facts), asdict(entry.notes), entry.size)
            for name, (key, entry) in (self._known or {}).items()
        }
        text = json.dumps({"fields": _fields(), "runs": runs}).encode()
        with suppress(OSError):  # a full disk or a read-only folder only makes the next time slower
            write_whole(self.root / INDEX_NAME, hashlib.sha256(text).hexdigest().encode() + b"\n" + text)
        self._unwritten, self._written_at = False, time.monotonic()


@cache
def _index(root: Path) -> Index:
    return Index(root)


def run_index(root: Path | None = None) -> Index:
    """The index of a folder of runs, one for all threads of this process; None is `segcore.paths.runs_dir()`."""
    return _index(paths.runs_dir() if root is None else root)


def _fields() -> list[str]:
    """The fields of an entry: the file of a version with other fields is not read."""
    return [field.name for kind in (Summary, Notes) for field in fields(kind)]


def _is_settled(entry: Entry) -> bool:
    """Whether nothing about a run can change without one of its files changing."""
    return entry.facts.state in ENDED_STATES or (entry.facts.state == "queued" and not entry.run.events_path.exists())


def _key(run: Run) -> _Key:
    folder = str(run.path)
    return tuple(_mark(folder + os.sep + name) for name in ("spec.json", "events.jsonl", notes_path(run).name))


def _problem(run: Run, error: Exception) -> str:
    if isinstance(error, BadRun):
        return error.message
    return Message(
        "Run {name} cannot be read: {error}. One of its files was probably edited or is damaged; the others are "
        "listed. Its folder is {path}.",
        name=readable(run.name),
        error=str(error) if isinstance(error, OSError) else f"{type(error).__name__}: {error}",
        path=readable(str(run.path)),
    )


def _mark(path: str) -> tuple[int, int, int]:
    try:
        found = os.stat(path)  # noqa: PTH116 - three of them for each of a thousand runs
    except OSError:
        return (0, 0, 0)
    return (found.st_ino, found.st_size, found.st_mtime_ns)
