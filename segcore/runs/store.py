"""Run: a folder with the specification of a training, its events, the current request and the weights.

    <root>/20261120-1412-unet-camvid-a3f9/
        spec.json            the configuration; written once, atomically
        events.jsonl         what happened; one JSON object per line, append-only
        log.txt              output of the process
        reserve              disk space that is freed when the disk is full, so that the failure can still be recorded
        lock                 held while a process of the run is alive, which signs it (process.py)
        notes.json           the user's notes (notes.py); not read by the process
        request              one word: stop, stop_after_epoch or pause
        resume.safetensors   everything needed to resume: written atomically at the end of every epoch and in between
        samples/             fixed validation images, epoch by epoch
        checkpoints/         best.safetensors, last.safetensors

The state of a run is derived from the folder on demand and stored nowhere, so it cannot become stale:

    last `state` event    lock      request    state
    none                  free                 queued      made, not started yet
    none or not final     held      absent     that of the event: queued (waits for its device), starting, running
    none or not final     held      present    stopping
    none or not final     held      any        stalled: alive, but nothing happens any more (stall.py)
    not final             free                 lost        its process died without recording how it ended
    final                                      paused, stopped, finished or failed

A resumed run appends to the same events.jsonl (see timeline.py). Changed settings are ``amended`` events:
spec.json stays as it was made, and `Run.plan` is what applies now.
"""

import os
import secrets
import shutil
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import closing, contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from segcore.durable import sweep_parts, write_whole
from segcore.errors import BadRun
from segcore.runs import journal, lock
from segcore.runs.names import address
from segcore.runs.process import signed_process, terminate, wake
from segcore.runs.spec import read_spec
from segcore.runs.stall import find_stall
from segcore.runs.states import ENDED_STATES, FINAL_STATES, REQUESTS, Request
from segcore.runs.system import boot_id, folder_size
from segcore.runs.timeline import Event, without_undone

LOCK_VARIABLE = "SEGCORE_RUN_LOCK"
"""Environment variable with the file descriptor of the lock that a worker inherits from its parent."""

_RESERVE_BYTES = 64 * 1024
_EXIT_SECONDS = 30.0
"""On a busy machine, a process with PyTorch takes its time to exit."""


class Run:
    """One run folder, for the process that works on it and for observers; keeps no file open.

    Several processes may use the folder at once, but only the holder of the lock may ``emit``, from any thread. The
    last part of ``path`` is the ``name`` that identifies the run everywhere.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.name = path.name
        self.log_path = path / "log.txt"
        self.events_path = path / "events.jsonl"
        self.samples_dir = path / "samples"
        self.resume_path = path / "resume.safetensors"
        self.lock_path = path / "lock"
        self._reserve_path = path / "reserve"
        self._request_path = path / "request"

    def __repr__(self) -> str:
        return f"Run({str(self.path)!r})"

    @property
    def address(self) -> str:
        """The name as it stands in addresses; `open_run` takes it too."""
        return address(self.name)

    @cached_property
    def spec(self) -> dict[str, Any]:
        """The configuration, as passed to `new_run`.

        Raises:
            BadRun: spec.json is missing or not a JSON object.
        """
        return read_spec(self.path)

    @property
    def plan(self) -> dict[str, Any]:
        """The configuration that applies now: the spec with all amendments, such as more epochs or a halved rate."""
        plan = dict(self.spec)
        if self.last("amended") is not None:  # rare, and determined without parsing the whole file
            for event in self.events(kinds=("amended",))[0]:
                plan |= event["changes"]
        return plan

    @property
    def created(self) -> float:
        """When the run was made, in Unix seconds."""
        return (self.path / "spec.json").stat().st_mtime

    def size(self) -> int:
        """Bytes of all files of the run."""
        return folder_size(str(self.path))

    def checkpoint_path(self, which: Literal["best", "last"]) -> Path:
        """The path of the checkpoint of the best or of the last epoch, whether it exists or not."""
        if which not in ("best", "last"):
            raise ValueError(f'a run keeps the checkpoints "best" and "last", not {which!r}')
        return self.path / "checkpoints" / f"{which}.safetensors"

    def emit(self, kind: str, /, **facts: Any) -> Event:
        """Append one event as one line, and return it as written.

        Facts are JSON values, or scalars and arrays of numpy or torch; NaN and infinity become null. ``state`` events
        are flushed to disk: a power cut after "finished" must not turn the run into a lost one.

        Raises:
            OSError: the disk is full or unavailable. What is in the file stays readable.
        """
        event, is_state = journal.new_event(kind, facts), kind == "state"
        try:
            journal.append(self.events_path, event, flush=is_state)
        except OSError:
            if not (is_state and self._reserve_path.exists()):
                raise
            self._reserve_path.unlink()  # frees space to record the failure on a full disk
            journal.append(self.events_path, event, flush=True)
        return event

    def events(self, since: int = 0, *, kinds: Collection[str] | None = None) -> tuple[list[Event], int]:
        """Events of these kinds (None: all) from a byte offset on, and the offset for the next call.

        An incomplete last line is left for the next call; that of a killed process is skipped.
        """
        return journal.read(self.events_path, since, kinds)

    def timeline(self, kinds: Collection[str] | None = None) -> list[Event]:
        """The events of these kinds (None: all) that count: without those that a resumed run has undone."""
        events, _ = self.events(kinds=None if kinds is None else {*kinds, "resumed"})
        return [event for event in without_undone(events) if kinds is None or event["kind"] in kinds]

    def last(self, kind: str) -> Event | None:
        """The newest event of a kind, or None. Searches from the end, so the length of the run does not matter."""
        return journal.last(self.events_path, kind)[0]

    def last_each(self, *kinds: str) -> list[Event]:
        """The newest event of each kind, empty where there is none; opens the file once."""
        return [event or {} for event in journal.last(self.events_path, *kinds)]

    def request(self, request: Request) -> None:
        """Send a request to the process of the run; replaces an older one.

        Raises:
            BadRun: the run has ended.
        """
        if request not in REQUESTS:
            raise ValueError(f"a request is one of {', '.join(REQUESTS)}, not {request!r}")
        state = self.status()
        if state in ENDED_STATES:
            raise BadRun(
                "Run {name} is {state}: only a run that waits or runs can be stopped or paused.",
                name=self.name,
                state=state,
            )
        write_whole(self._request_path, request.encode())
        if state == "stalled" and (found := signed_process(self.lock_path)):
            (terminate if request == "stop" else wake)(found)

    def requested(self) -> Request | None:
        """The current request to the run."""
        try:
            word = self._request_path.read_text(encoding="utf-8").strip()
        except FileNotFoundError:
            return None
        return word if word in REQUESTS else "stop"

    @contextmanager
    def hold(self, *, again: bool = False) -> Iterator[lock.FileLock]:
        """Hold the lock of the run: the one inherited from the parent process, or a new one (see ``take``)."""
        inherited = os.environ.pop(LOCK_VARIABLE, "")
        held = lock.inherited_lock(self.lock_path, int(inherited)) if inherited.isdecimal() else None
        with closing(held or self.take(again=again)) as held:
            yield held

    def take(self, *, again: bool = False) -> lock.FileLock:
        """Take the lock of the run and emit "starting".

        ``again`` allows a run that was started before, and discards the request to its earlier process; a request that
        arrived before the first start is kept.

        Raises:
            BadRun: another process works on the run, or it was started before and ``again`` is False.
        """
        taken = self._take_lock()
        try:
            if self.last("state") is not None:
                if not again:
                    raise BadRun(
                        "Run {name} has been started before. `runs resume` resumes it; `runs clone` makes a new run "
                        "with the same settings.",
                        name=self.name,
                    )
                self._request_path.unlink(missing_ok=True)
            sweep_parts(self.path)
            taken.write("")  # the process that signed it has ended
            # Random, because a file system may compress zeros to nothing.
            write_whole(self._reserve_path, secrets.token_bytes(_RESERVE_BYTES))
            self.emit("state", state="starting", boot=boot_id())
        except BaseException:
            taken.close()
            raise
        return taken

    def amend(self, changes: Mapping[str, Any]) -> None:
        """Change settings of a run that has ended, before it is resumed.

        Raises:
            BadRun: a process works on the run.
        """
        with closing(self._take_lock()):
            self.emit("amended", changes=changes)

    def delete(self) -> int:
        """Delete the folder, which readers see disappear at once; returns the number of bytes freed.

        Raises:
            BadRun: a process works on the run, or the folder cannot be removed.
        """
        with closing(self._take_lock()):
            if self.path.is_symlink():  # the run itself stays where it is
                self.path.unlink()
                return 0
            size = self.size()
            hidden = self.path.with_name(f".deleted-{secrets.token_hex(8)}")
            try:
                self.path.rename(hidden)
            except OSError as error:
                raise BadRun("Run {name} cannot be deleted: {error}.", name=self.name, error=error) from None
            shutil.rmtree(hidden, ignore_errors=True)
            return size

    def _take_lock(self) -> lock.FileLock:
        """The lock; waits for a process that has emitted its final state but not exited yet."""
        deadline = time.monotonic() + _EXIT_SECONDS
        while (taken := lock.take_lock(self.lock_path)) is None:
            if self._recorded_state() in FINAL_STATES and time.monotonic() < deadline:
                time.sleep(0.05)
                continue
            raise BadRun(
                "Run {name} is being worked on by another process. Ask it to stop (`runs stop`) and try again.",
                name=self.name,
            )
        return taken

    def status(self) -> str:
        """The current state of the run, one of STATES (see the table at the top of this file).

        Events and lock cannot be read atomically: a state that is the same before and after holds for the lock.
        """
        state = self._recorded_state()
        while True:
            held = lock.is_locked(self.lock_path)
            state, before = self._recorded_state(), state
            if state == before:
                break
        if state in FINAL_STATES:
            return state
        if not held:
            return "queued" if state is None else "lost"
        if find_stall(self.events_path, signed_process(self.lock_path)) is not None:
            return "stalled"
        return "stopping" if self.requested() else state or "starting"

    def cause(self) -> str:
        """The cause of the run's end, for programs: nan, out_of_memory, disk_full, data …; empty for a good end.

        That of a lost run is "killed", or "rebooted" if the machine was rebooted since its start.
        """
        if self.status() != "lost":
            return str((self.last("state") or {}).get("cause", ""))
        states, _ = self.events(kinds=("state",))
        boots = [event["boot"] for event in states if event.get("boot")]
        return "rebooted" if boots and boots[-1] != boot_id() else "killed"

    def _recorded_state(self) -> str | None:
        return (self.last("state") or {}).get("state")
