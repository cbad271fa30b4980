"""The queue of runs for each device; there is no process that manages it.

The process of a run waits for its turn by itself; the waiting processes share files next to the runs:

    <root>/.queue/cuda-0/slot-0        a lock, with the name of its run: its holder uses the device; released however
                                       its process dies
    <root>/.queue/cuda-0/NAME.ticket   run NAME waits; the number in it is its position, the smallest is next
    <root>/.queue/cuda-0/limit         how many runs may use the device at once; one if there is no such file

Positions are start times of the runs, until someone changes the order. A ticket counts while the process of its run
lives. Only the first in line tries to take a slot. A run that needs several devices queues for one after the other and
keeps those it has. Runs of another SEGCORE_HOME are not considered.
"""

import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from functools import cache
from pathlib import Path

from segcore import paths
from segcore.durable import write_whole
from segcore.errors import BadConfig, BadRun
from segcore.runs import lock
from segcore.runs.states import Request
from segcore.runs.store import Run

LIMIT_VARIABLE = "SEGCORE_RUNS_PER_DEVICE"
"""Environment variable: how many runs may use one device at once. It overrides the limit files."""
MOST_AT_ONCE = 64

_POLL_SECONDS = 0.3
_SUFFIX = ".ticket"


@contextmanager
def wait_for_devices(
    run: Run,
    devices: Sequence[str],
    *,
    on_wait: Callable[[], None],
    requested: Callable[[], Request | None] | None = None,
) -> Iterator[bool]:
    """Wait until devices are free for this run of our process, and keep them until the end of the block.

    They are taken in an order that is the same for all runs, so that no two runs wait for each other. ``on_wait`` is
    called once, if not all of them are free at once; ``requested`` replaces `Run.requested`. Yields True once the
    devices are taken, False if the run was requested to stop or pause before.

    Raises:
        BadConfig: the limit in the environment is not a number of runs.
    """
    _environment_limit()  # reports a wrong limit before the run queues
    on_first_wait = cache(on_wait)
    with ExitStack() as slots:
        for device in sorted(devices, key=device_order):
            slot = _wait(run, _folder(run.path.parent, device), on_first_wait, requested or run.requested)
            if slot is None:
                yield False
                return
            slots.enter_context(closing(slot))
        yield True


@contextmanager
def reserve_device(
    device: str, name: str, *, requested: Callable[[], object], on_wait: Callable[[], None], root: Path | None = None
) -> Iterator[bool]:
    """Keep a device for a few seconds of work that must not share it, such as a speed measurement.

    Such work does not queue: it takes the device at the moment a run releases it, under a name for `using`. ``on_wait``
    is called once, if the device is not free at once. Yields True once the device is taken, False if ``requested``
    returned anything but None or False before.
    """
    folder = _folder(root, device)
    folder.mkdir(parents=True, exist_ok=True)
    on_first_wait = cache(on_wait)
    slot = _free_slot(folder, name)
    while slot is None and not requested():
        on_first_wait()
        time.sleep(_POLL_SECONDS / 3)  # sooner than the next run in line
        slot = _free_slot(folder, name)
    if slot is None:
        yield False
        return
    with closing(slot):
        yield True


def devices(*, root: Path | None = None) -> list[str]:
    """Every device that a run has used or waited for, in alphabetical order."""
    return sorted(folder.name.replace("-", ":") for folder in _queues(root).glob("*") if folder.is_dir())


def device_order(device: str) -> tuple[str, int]:
    """Sort key: cuda:2 comes before cuda:10."""
    kind, _, index = device.partition(":")
    return kind, int(index or 0)


def waiting(device: str, *, root: Path | None = None) -> list[str]:
    """Names of the runs that wait for a device, the next one first."""
    return [name for _, name in _line(_folder(root, device))]


def using(device: str, *, root: Path | None = None) -> list[str]:
    """Names of the runs that currently use a device."""
    return [os.fsdecode(slot.read_bytes()) for slot in _held(_folder(root, device))]


def move(run: Run, places: int) -> None:
    """Move a waiting run this number of places in the queue of its device, towards the front if negative.

    Raises:
        BadRun: the run does not wait.
    """
    for folder in _queues(run.path.parent).glob("*"):
        line = _line(folder)
        names = [name for _, name in line]
        if run.name in names:
            to = min(max(names.index(run.name) + places, 0), len(names) - 1)
            names.remove(run.name)
            names.insert(to, run.name)
            _renumber(folder, names, latest=line[-1][0])
            return
    raise BadRun(
        "Run {name} is {state} and waits for no device, so it has no place that could be changed.",
        name=run.name,
        state=run.status(),
    )


def limit(device: str, *, root: Path | None = None) -> int:
    """How many runs may use a device at once.

    Raises:
        BadConfig: the limit in the environment is not a number of runs.
    """
    return _limit(_folder(root, device))


def set_limit(device: str, runs: int, *, root: Path | None = None) -> None:
    """Change how many runs may use a device at once; waiting runs notice it, running ones continue.

    Raises:
        BadConfig: not 1 … MOST_AT_ONCE, or the environment sets the limit.
        BadRun: the file cannot be written.
    """
    if not 1 <= runs <= MOST_AT_ONCE:
        raise BadConfig("{runs} runs cannot share a device: choose 1 to {most}.", runs=runs, most=MOST_AT_ONCE)
    if _environment_limit() is not None:
        raise BadConfig(
            "The environment variable {variable} sets how many runs share a device; unset it first.",
            variable=LIMIT_VARIABLE,
        )
    try:
        write_whole(_folder(root, device) / "limit", str(runs).encode())
    except OSError as error:
        raise BadRun("The limit of {device} cannot be written: {error}.", device=device, error=error) from None


def _wait(
    run: Run, folder: Path, on_wait: Callable[[], None], requested: Callable[[], Request | None]
) -> lock.FileLock | None:
    started = run.last("state") or {}
    ticket = folder / f"{run.name}{_SUFFIX}"
    write_whole(ticket, _position(started.get("time", time.time())))
    try:
        while requested() is None:
            is_next = any(name == run.name for _, name in _line(folder)[:1])
            if is_next and (slot := _free_slot(folder, run.name)):
                return slot
            on_wait()
            time.sleep(_POLL_SECONDS)
        return None
    finally:
        ticket.unlink(missing_ok=True)


def _free_slot(folder: Path, name: str) -> lock.FileLock | None:
    most = _limit(folder)
    if len(_held(folder)) >= most:  # more slots may be held than the limit now allows
        return None
    for index in range(most):
        path = folder / f"slot-{index}"
        if not lock.is_locked(path) and (slot := lock.take_lock(path)):
            slot.write(name)
            return slot
    return None


def _held(folder: Path) -> list[Path]:
    return [slot for slot in sorted(folder.glob("slot-*")) if lock.is_locked(slot)]


def _line(folder: Path) -> list[tuple[float, str]]:
    """(position, name) of the waiting runs, in order; tickets of dead processes are deleted."""
    line = []
    for ticket in folder.glob(f"*{_SUFFIX}"):
        name = ticket.name.removesuffix(_SUFFIX)
        if lock.is_locked(folder.parent.parent / name / "lock"):
            with suppress(FileNotFoundError, ValueError):  # its wait has just ended; it is just being moved
                line.append((float(ticket.read_text(encoding="utf-8")), name))
        else:
            ticket.unlink(missing_ok=True)
    return sorted(line)


def _renumber(folder: Path, names: list[str], *, latest: float) -> None:
    """Give the waiting runs positions in this order, none later than the latest so far: new runs queue behind.

    Tickets are overwritten, never recreated: all others would queue behind a run whose wait has ended meanwhile.
    """
    for index, name in enumerate(names):
        with suppress(FileNotFoundError), (folder / f"{name}{_SUFFIX}").open("r+b", buffering=0) as ticket:
            ticket.write(_position(latest - (len(names) - 1 - index)))


def _position(moment: float) -> bytes:
    """Always of the same length, so that a position is overwritten by a single write."""
    return f"{moment:024.6f}".encode()


def _queues(root: Path | None) -> Path:
    return (paths.runs_dir() if root is None else root) / ".queue"


def _folder(root: Path | None, device: str) -> Path:
    return _queues(root) / device.replace(":", "-")


def _limit(folder: Path) -> int:
    if (from_environment := _environment_limit()) is not None:
        return from_environment
    try:
        text = (folder / "limit").read_text(encoding="utf-8").strip()
    except OSError:
        return 1
    return min(int(text), MOST_AT_ONCE) if text.isdecimal() and int(text) else 1


def _environment_limit() -> int | None:
    text = os.environ.get(LIMIT_VARIABLE)
    if text is None:
        return None
    if not text.isdecimal() or int(text) < 1:
        raise BadConfig(
            '{variable} is "{text}", expected how many runs may share a device, such as 1 or 2.',
            variable=LIMIT_VARIABLE,
            text=text,
        )
    return int(text)
