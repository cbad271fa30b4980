"""A run is a folder: what to do, what happened, what is wished of it, the weights.

    <root>/20261120-1412-unet-camvid-a3f9/
        spec.json            what to do; written once, whole or not at all
        events.jsonl         what happened; one JSON object a line, only ever appended to
        log.txt              what the process printed
        reserve              space that is given back on a full disk, so that the run can still say that it failed
        lock                 held while a process of the run lives
        notes.json           what people say about it (notes.py); the process never looks at it
        request              one word, what the process is asked to do: stop, stop_after_epoch or pause
        resume.safetensors   everything needed to go on: written whole, at every epoch's end and now and then between
        samples/             fixed validation images, epoch by epoch
        checkpoints/         best.safetensors, last.safetensors

The state of a run is worked out from the folder when somebody asks and is stored nowhere, so that it cannot be wrong:

    last `state` event    lock      request    the run is
    none                  free                 queued      made, not started yet
    none or not final     held      absent     what the event says: queued (waits for its device), starting, running
    none or not final     held      present    stopping
    not final             free                 lost        its process is gone and never said how it ended
    final                                      paused, stopped, finished or failed

A run that has ended, in whatever way, can be started again to go on. Its process appends to the same events.jsonl; what
of the older events no longer counts is said in timeline.py. Settings that were changed on the way are ``amended``
events, so that spec.json stays what was first asked for, and `Run.plan` is what holds now.
"""

import json
import os
import secrets
import shutil
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, get_args

from segcore.durable import sweep_parts, write_whole
from segcore.errors import BadRun
from segcore.runs import journal, lock
from segcore.runs.timeline import Event, without_undone

FINAL_STATES = ("paused", "stopped", "finished", "failed")
"""A process says one of these as its last word."""
ENDED_STATES = (*FINAL_STATES, "lost")
"""No process works on the run; it can go on, be extended or deleted."""
STATES = ("queued", "starting", "running", "stopping", *FINAL_STATES, "lost")

LOCK_VARIABLE = "SEGCORE_RUN_LOCK"
"""Environment variable that tells a worker which open file is the lock that its parent handed down."""

Request = Literal["stop", "stop_after_epoch", "pause"]
"""What a run can be asked: to end within a few steps, to end after the validation of this epoch, or to end within a few
steps for now. All keep everything that is needed to go on."""
REQUESTS: tuple[Request, ...] = get_args(Request)

_RESERVE_BYTES = 64 * 1024
_LAST_BREATH_SECONDS = 30.0
"""A busy machine takes its time to end a process that has PyTorch in it."""


class Run:
    """One run folder, for the process that works on it and for those who watch; holds no open file.

    Several processes may use the same folder at once, but only the one that holds the lock may ``emit``, from any of
    its threads.

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
            raise BadRun(
                "{path} is no run: it has no spec.json. `runs list` shows the runs there are.", path=self.path
            ) from None
        except (OSError, ValueError) as error:
            raise BadRun(
                "The spec.json of run {name} cannot be read ({error}). It should be one JSON object; the run cannot "
                "be continued without it.",
                name=self.name,
                error=error,
            ) from None
        if not isinstance(spec, dict):
            raise BadRun(
                "The spec.json of run {name} holds a {found}, expected a JSON object.",
                name=self.name,
                found=type(spec).__name__,
            )
        return spec

    @property
    def plan(self) -> dict[str, Any]:
        """What holds now: the spec with all amendments, such as more epochs or a halved rate."""
        plan = dict(self.spec)
        if self.last("amended") is None:  # true of most runs, and found out without splitting the file into lines
            return plan
        changes, _ = self.events(kinds=("amended",))
        for event in changes:
            plan |= event["changes"]
        return plan

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

    @property
    def resume_path(self) -> Path:
        """Everything needed to go on; missing until the first epoch's end or the first few minutes."""
        return self.path / "resume.safetensors"

    def size(self) -> int:
        """Bytes of all files of the run."""
        return _bytes_in(str(self.path))

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
        event, flush = journal.new_event(kind, facts), kind == "state"
        try:
            journal.append(self.events_path, event, flush=flush)
        except OSError:
            if kind != "state" or not self._reserve_path.exists():
                raise
            self._reserve_path.unlink()  # a full disk must not keep a run from saying that it has failed
            journal.append(self.events_path, event, flush=flush)
        return event

    def events(self, since: int = 0, *, kinds: Collection[str] | None = None) -> tuple[list[Event], int]:
        """Events from a byte offset on, and the offset for the next call.

        A last line that is only half written waits for the next call. The half line of a killed process,
        which never gets its other half, is left out.

        Args:
            since: 0, or the offset that an earlier call returned.
            kinds: only these kinds; the others are not even parsed. None takes all.
        """
        return journal.read(self.events_path, since, kinds)

    def timeline(self, kinds: Collection[str] | None = None) -> list[Event]:
        """The events that count: without those that a resumed run has undone (see timeline.py).

        Args:
            kinds: only these kinds, and the ``resumed`` events. None takes all.
        """
        events, _ = self.events(kinds=None if kinds is None else {*kinds, "resumed"})
        return without_undone(events)

    def last(self, kind: str) -> Event | None:
        """The newest event of a kind, or None. Looks from the end: a long run costs no more than a short one."""
        return journal.last(self.events_path, kind)

    # Requests

    def ask(self, request: Request) -> None:
        """Ask the process of the run for something; a new wish replaces an older one.

        Raises:
            BadRun: the run has ended, so there is nothing to ask.
        """
        if request not in REQUESTS:
            raise ValueError(f"a run can be asked to {', '.join(REQUESTS)}, not to {request!r}")
        state = self.status()
        if state in ENDED_STATES:
            raise BadRun(
                "Run {name} is {state}: only a run that waits or runs can be stopped or paused.",
                name=self.name,
                state=state,
            )
        write_whole(self._request_path, request.encode())

    def asked(self) -> Request | None:
        """What this run is asked to do."""
        try:
            word = self._request_path.read_text(encoding="utf-8").strip()
        except FileNotFoundError:
            return None
        return word if word in REQUESTS else "stop"

    # The state

    @contextmanager
    def hold(self, *, again: bool = False) -> Iterator[lock.FileLock]:
        """Work on the run: hold its lock, the one handed down by the parent process or a fresh one.

        Args:
            again: whether a run that was started before is meant to go on; not asked when the lock was handed down.

        Yields:
            The lock, to be handed on to processes that work on the run, too.

        Raises:
            BadRun: another process works on the run, or it has been started before.
        """
        handed_down = os.environ.pop(LOCK_VARIABLE, "")
        held = lock.inherited_lock(self._lock_path, int(handed_down)) if handed_down.isdecimal() else None
        if held is None:
            held = self.take(again=again)
        try:
            yield held
        finally:
            held.close()

    def take(self, *, again: bool = False) -> lock.FileLock:
        """Take the lock of a run that nobody works on, and say so: whoever takes the lock emits "starting".

        Args:
            again: whether a run that was started before is meant to go on. Whatever its earlier process was asked is
                forgotten then; a run that was stopped before it ever started keeps the wish.

        Raises:
            BadRun: another process works on the run, or it has been started before and is not meant to go on.
        """
        taken = self._locked()
        try:
            if self.last("state") is not None:
                if not again:
                    raise BadRun(
                        "Run {name} has been started before. `runs resume` lets it go on where it was; `runs clone` "
                        "makes a new run with the same settings.",
                        name=self.name,
                    )
                self._request_path.unlink(missing_ok=True)
            sweep_parts(self.path)
            # Random, because a file system may compress zeros to nothing.
            write_whole(self._reserve_path, secrets.token_bytes(_RESERVE_BYTES))
            self.emit("state", state="starting", boot=boot_id())
        except BaseException:
            taken.close()
            raise
        return taken

    def amend(self, changes: Mapping[str, Any]) -> None:
        """Change settings of a run that has ended, for when it goes on.

        Raises:
            BadRun: a process works on the run.
        """
        taken = self._locked()
        try:
            self.emit("amended", changes=changes)
        finally:
            taken.close()

    def delete(self) -> int:
        """Delete the folder with all that is in it; it is gone in one stroke, as far as any reader can see.

        Returns:
            The bytes that were freed.

        Raises:
            BadRun: a process works on the run, or the folder cannot be removed.
        """
        taken = self._locked()
        try:
            size = self.size()
            grave = self.path.with_name(f".deleted-{secrets.token_hex(8)}")
            try:
                self.path.rename(grave)
            except OSError as error:
                raise BadRun("Run {name} cannot be deleted: {error}.", name=self.name, error=error) from None
            shutil.rmtree(grave, ignore_errors=True)
            return size
        finally:
            taken.close()

    def _locked(self) -> lock.FileLock:
        """The lock. A process that has said its last word may take a while to be gone: wait for that, for no other."""
        patience = time.monotonic() + _LAST_BREATH_SECONDS
        while (taken := lock.take_lock(self._lock_path)) is None:
            if self._last_word() in FINAL_STATES and time.monotonic() < patience:
                time.sleep(0.05)
                continue
            raise BadRun(
                "Run {name} is being worked on by another process. Ask it to stop (`runs stop`) and try again.",
                name=self.name,
            )
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
        return "stopping" if self.asked() else word or "starting"

    def cause(self) -> str:
        """A word for how the run ended, for programs: nan, out_of_memory, disk_full, data …; empty for a good end.

        A lost run could not say it. It was "killed", or the machine has been "rebooted" since it was started.
        """
        if self.status() != "lost":
            return str((self.last("state") or {}).get("cause", ""))
        states, _ = self.events(kinds=("state",))
        boots = [event["boot"] for event in states if event.get("boot")]
        return "rebooted" if boots and boots[-1] != boot_id() else "killed"

    @property
    def _lock_path(self) -> Path:
        return self.path / "lock"

    @property
    def _reserve_path(self) -> Path:
        return self.path / "reserve"

    @property
    def _request_path(self) -> Path:
        return self.path / "request"

    def _last_word(self) -> str | None:
        event = self.last("state")
        return None if event is None else str(event.get("state"))


def boot_id() -> str:
    """Names this start of the machine; empty where the system has no such name."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return ""


def _bytes_in(folder: str) -> int:
    """A long run has thousands of samples: `os.scandir` counts them several times as fast as pathlib does."""
    total = 0
    with suppress(FileNotFoundError), os.scandir(folder) as found:
        for each in found:
            with suppress(FileNotFoundError):  # replaced just now
                is_folder = each.is_dir(follow_symlinks=False)
                total += _bytes_in(each.path) if is_folder else each.stat(follow_symlinks=False).st_size
    return total
