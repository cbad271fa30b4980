"""A run is a folder: what to do, what happened, the wish to stop, the weights.

    <root>/20261120-1412-unet-camvid-a3f9/
        spec.json       what to do; written once, whole or not at all
        events.jsonl    what happened; one JSON object a line, only ever appended to
        log.txt         what the process printed
        lock            held while a process of the run lives
        stop            its presence asks the run to stop
        samples/        fixed validation images, epoch by epoch
        checkpoints/    best.safetensors, last.safetensors

The state of a run is worked out from the folder when somebody asks and is stored nowhere, so that it cannot be wrong:

    last `state` event    lock      stop       the run is
    none                  free                 queued      made, not started yet
    none or not final     held      absent     what the event says: queued, starting, running
    none or not final     held      present    stopping
    not final             free                 lost        its process is gone and never said how it ended
    final                                      stopped, finished or failed
"""

import json
import math
import mmap
import os
import re
import secrets
import shutil
import sys
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime
from functools import cached_property
from pathlib import Path, PurePath
from typing import Any, Literal

from segcore import paths
from segcore.errors import BadRun
from segcore.runs import lock

FINAL_STATES = ("stopped", "finished", "failed")
STATES = ("queued", "starting", "running", "stopping", *FINAL_STATES, "lost")

LOCK_VARIABLE = "SEGCORE_RUN_LOCK"
"""Environment variable that tells a worker which open file is the lock that its parent handed down."""

Event = dict[str, Any]
"""One line of events.jsonl: "kind", "time" (Unix seconds) and whatever the kind carries."""

_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_KIND = re.compile(r"[a-z_]+")


class Run:
    """One run folder, for the process that works on it and for those who watch; holds no open file.

    Several processes may use the same folder at once, but only the one that holds the lock may ``emit``.

    Attributes:
        path: the folder.
        name: its last part, which names the run everywhere.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.name = path.name

    def __repr__(self) -> str:
        return f"Run({str(self.path)!r})"

    @cached_property
    def spec(self) -> dict[str, Any]:
        """What to do, as it was given to `new_run`.

        Raises:
            BadRun: spec.json is missing or no JSON object.
        """
        try:
            spec = json.loads((self.path / "spec.json").read_bytes())
        except FileNotFoundError:
            raise BadRun(f"{self.path} is no run: it has no spec.json. `runs list` shows the runs there are.") from None
        except (OSError, ValueError) as error:
            raise BadRun(
                f"The spec.json of run {self.name} cannot be read ({error}). It should be one JSON object; "
                "the run cannot be continued without it."
            ) from None
        if not isinstance(spec, dict):
            raise BadRun(f"The spec.json of run {self.name} holds a {type(spec).__name__}, expected a JSON object.")
        return spec

    @property
    def created(self) -> float:
        """When the run was made, in Unix seconds."""
        return (self.path / "spec.json").stat().st_mtime

    @property
    def log_path(self) -> Path:
        """What the process of the run printed."""
        return self.path / "log.txt"

    @property
    def events_path(self) -> Path:
        """What happened, one JSON object a line; missing until the first event."""
        return self.path / "events.jsonl"

    @property
    def samples_dir(self) -> Path:
        """Predictions on fixed validation images, epoch by epoch."""
        return self.path / "samples"

    def checkpoint_path(self, which: Literal["best", "last"]) -> Path:
        """Where the checkpoint of the best or of the last epoch belongs, written or not."""
        if which not in ("best", "last"):
            raise ValueError(f'a run keeps the checkpoints "best" and "last", not {which!r}')
        return self.path / "checkpoints" / f"{which}.safetensors"

    # What happened

    def emit(self, kind: str, /, **facts: Any) -> Event:
        """Append one event as one line, and return it as it was written.

        ``state`` events are also forced through the disk's caches: a power cut after "finished" must not
        turn a good run into a lost one. The other kinds may lose their last seconds in a power cut.

        Args:
            kind: "step", "epoch", "val", "sample", "state" …: lower-case letters and underscores.
            facts: numbers, texts, lists and mappings of them; scalars and arrays of numpy or torch are turned
                into plain numbers. JSON has no NaN and no infinity: they become null, which a chart draws as a gap.

        Raises:
            OSError: the disk is full or gone. What stands in the file stays readable.
        """
        if not _KIND.fullmatch(kind):
            raise ValueError(f"the kind of an event is lower-case letters and underscores, not {kind!r}")
        if "kind" in facts or "time" in facts:
            raise ValueError('"kind" and "time" are written by emit itself')
        event = {"kind": kind, "time": round(time.time(), 3), **{key: _plain(value) for key, value in facts.items()}}
        line = json.dumps(event, ensure_ascii=False, allow_nan=False).encode() + b"\n"
        descriptor = os.open(self.events_path, os.O_RDWR | os.O_APPEND | os.O_CREAT | _BINARY, 0o644)
        try:
            if not _ends_a_line(descriptor):
                line = b"\n" + line  # somebody was killed in the middle of a line: keep it apart from ours
            while line:  # one write, except on a disk that is filling up
                line = line[os.write(descriptor, line) :]
            if kind == "state":
                os.fsync(descriptor)
        finally:
            os.close(descriptor)
        return event

    def events(self, since: int = 0, *, kinds: Collection[str] | None = None) -> tuple[list[Event], int]:
        """Events from a byte offset on, and the offset for the next call.

        A last line that is only half written waits for the next call. The half line of a killed process,
        which never gets its other half, is left out.

        Args:
            since: 0, or the offset that an earlier call returned.
            kinds: only these kinds; the others are not even parsed. None takes all.
        """
        try:
            with self.events_path.open("rb") as file:
                file.seek(since)
                text = file.read()
        except FileNotFoundError:
            return [], since
        whole = text[: text.rfind(b"\n") + 1]
        wanted = None if kinds is None else tuple(_line_start(kind) for kind in kinds)
        lines = (line for line in whole.splitlines() if wanted is None or line.startswith(wanted))
        return [event for event in map(_parse, lines) if event is not None], since + len(whole)

    def last(self, kind: str) -> Event | None:
        """The newest event of a kind, or None. Looks from the end: a long run costs no more than a short one."""
        try:
            with self.events_path.open("rb") as file:
                if file.seek(0, os.SEEK_END) == 0:  # an empty file cannot be mapped
                    return None
                with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as text:
                    return _last_event(text, _line_start(kind))
        except FileNotFoundError:
            return None

    # The wish to stop

    def ask_stop(self) -> None:
        """Ask the run to stop within a few steps and to keep its last checkpoint.

        Raises:
            BadRun: the run has ended, so there is nothing to stop.
        """
        state = self.status()
        if state in FINAL_STATES or state == "lost":
            raise BadRun(f"Run {self.name} is {state}: only a run that waits or runs can be stopped.")
        (self.path / "stop").touch()

    def stop_asked(self) -> bool:
        """Whether somebody asked this run to stop."""
        return (self.path / "stop").exists()

    # The state

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Work on the run: hold its lock, the one handed down by the parent process or a fresh one.

        Raises:
            BadRun: another process works on the run, or it has been started before.
        """
        handed_down = os.environ.pop(LOCK_VARIABLE, "")
        held = lock.inherited_lock(self._lock_path, int(handed_down)) if handed_down.isdecimal() else None
        if held is None:
            held = self.take()
        try:
            yield
        finally:
            held.close()

    def take(self) -> lock.FileLock:
        """Take the lock of a run that was never started, and say so: whoever takes the lock emits "starting".

        Raises:
            BadRun: another process works on the run, or it has been started before.
        """
        taken = lock.take_lock(self._lock_path)
        if taken is None:
            raise BadRun(f"Run {self.name} is already being worked on by another process. Ask it to stop, or wait.")
        try:
            if self.last("state") is not None:
                raise BadRun(
                    f"Run {self.name} has been started before; a run is trained once. "
                    "Make a new run with the same settings."
                )
            self.emit("state", state="starting")
        except BaseException:
            taken.close()
            raise
        return taken

    def status(self) -> str:
        """The state of the run at this moment, one of STATES (see the table at the top of this file).

        The file and the lock cannot be read in one stroke. So the file is read before and after the lock: when it
        says the same both times, the lock was free (or held) while this was the last word, and the answer is true.
        """
        word = self._last_word()
        while True:
            held = lock.is_locked(self._lock_path)
            word, before = self._last_word(), word
            if word == before:
                break
        if word in FINAL_STATES:
            return word
        if not held:
            return "queued" if word is None else "lost"
        return "stopping" if self.stop_asked() else word or "starting"

    @property
    def _lock_path(self) -> Path:
        return self.path / "lock"

    def _last_word(self) -> str | None:
        event = self.last("state")
        return None if event is None else str(event.get("state"))


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
            _write_through(growing / "spec.json", text.encode())
            path = _claim_name(growing, root, name, spec)
        except BaseException:
            shutil.rmtree(growing, ignore_errors=True)
            raise
        _flush_folder(root)
    except OSError as error:
        raise BadRun(f"No run can be made in {root}: {error}. Choose another folder with SEGCORE_HOME.") from None
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
        raise BadRun(f'There is no run "{name}" in {root}. `python -m segcore runs list` shows the runs there are.')
    return Run(path)


def run_at(path: Path) -> Run:
    """The run in a given folder, for a worker process, which is told the folder.

    Raises:
        BadRun: the folder is no run.
    """
    if not (path / "spec.json").is_file():
        raise BadRun(f"{path} is no run: it has no spec.json. Give the folder of a run.")
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


_BINARY: int = getattr(os, "O_BINARY", 0)
"""Windows would turn line ends into two bytes without this flag."""


def _check_name(name: str) -> None:
    if not _NAME.fullmatch(name):
        raise BadRun(
            f'"{name}" cannot name a run. A name is 1 to 64 letters (a-z, A-Z), digits, "_" or "-", '
            'for example "unet-camvid-2".'
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
                f'There already is a run "{name}". Choose another name, or leave the name out to get a free one.'
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


def _write_through(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    _flush_folder(path.parent)


def _flush_folder(folder: Path) -> None:
    """Make a new name in a folder survive a power cut (Windows does so by itself)."""
    if sys.platform == "win32":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _ends_a_line(descriptor: int) -> bool:
    if os.lseek(descriptor, 0, os.SEEK_END) == 0:
        return True
    os.lseek(descriptor, -1, os.SEEK_END)
    return os.read(descriptor, 1) == b"\n"


def _line_start(kind: str) -> bytes:
    """How a line of this kind begins; `emit` writes "kind" first so that readers need not parse the others."""
    return f'{{"kind": "{kind}"'.encode()


def _last_event(text: mmap.mmap, start: bytes) -> Event | None:
    end = text.rfind(b"\n") + 1  # what follows is half a line
    while end > 0:
        begin = text.rfind(b"\n" + start, 0, end) + 1
        if begin == 0 and text[: len(start)] != start:
            return None
        event = _parse(text[begin : text.find(b"\n", begin)])
        if event is not None:
            return event
        end = begin
    return None


def _parse(line: bytes) -> Event | None:
    try:
        event = json.loads(line)
    except ValueError:
        return None
    return event if isinstance(event, dict) else None


def _plain(value: Any) -> Any:
    """JSON values only: arrays and their scalars become lists and numbers; what JSON cannot write becomes null."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if value is None or isinstance(value, str | int):
        return value
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if hasattr(value, "tolist"):  # numpy and torch, neither of which this part imports
        return _plain(value.tolist())
    if isinstance(value, PurePath):
        return str(value)
    raise ValueError(f"an event holds numbers, texts, lists and mappings, not a {type(value).__name__}: {value!r}")
