"""One run after another on each device, without anybody who directs them.

The process of a run waits by itself for its turn, so the next run starts with the browser closed and the server gone.
What the waiting processes share lies beside the runs:

    <root>/.queue/cuda-0/slot-0        a lock: whoever holds it uses the device; freed however its process dies
    <root>/.queue/cuda-0/NAME.ticket   run NAME waits; the number in it is its place, the smallest is next

Places are moments, those of the runs' starts. A ticket counts while the process of its run lives. Only the first in
line reaches for a slot. A run that needs several devices stands in one line after the other and keeps what it has.
Runs of another SEGCORE_HOME are not seen.
"""

import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from segcore import paths
from segcore.durable import write_whole
from segcore.errors import BadConfig, BadRun
from segcore.runs import lock
from segcore.runs.store import Request, Run

LIMIT_VARIABLE = "SEGCORE_RUNS_PER_DEVICE"
"""Environment variable: how many runs may use one device at once."""

_POLL_SECONDS = 0.3
_SUFFIX = ".ticket"


@contextmanager
def turn(
    run: Run,
    devices: str | Sequence[str],
    *,
    on_wait: Callable[[], None],
    asked: Callable[[], Request | None] | None = None,
) -> Iterator[bool]:
    """Wait until a device is free for this run, and keep it until the end of the block.

    Args:
        run: whose lock this process holds.
        devices: "cpu", "cuda:0" …, or all that the run needs at once. They are taken one after the other in an order
            that is the same for all runs, so that no two runs wait for each other.
        on_wait: called once, if not all of them are free at once.
        asked: what the run has been asked to do; None looks into its folder.

    Yields:
        True when the devices are ours; False when the run was asked to stop or to pause before its turn came.

    Raises:
        BadConfig: the limit in the environment is no number of runs.
    """
    limit, asked = _limit(), asked or run.asked
    wanted = [devices] if isinstance(devices, str) else sorted(devices, key=_place_in_order)
    waited = False

    def told_once() -> None:
        nonlocal waited
        if not waited:
            waited = True
            on_wait()

    slots: list[lock.FileLock] = []
    try:
        for device in wanted:
            slot = _wait(run, _folder(run.path.parent, device), limit, told_once, asked)
            if slot is None:
                break
            slots.append(slot)
        yield len(slots) == len(wanted)
    finally:
        for slot in slots:
            slot.close()


def _place_in_order(device: str) -> tuple[str, int]:
    """cuda:2 comes before cuda:10."""
    kind, _, index = device.partition(":")
    return kind, int(index or 0)


def waiting(device: str, *, root: Path | None = None) -> list[str]:
    """Names of the runs that wait for a device, the next one first."""
    root = paths.runs_dir() if root is None else root
    return [name for _, name in _line(_folder(root, device))]


def using(device: str, *, root: Path | None = None) -> list[str]:
    """Names of the runs that use a device at this moment."""
    folder = _folder(paths.runs_dir() if root is None else root, device)
    return [slot.read_text(encoding="utf-8") for slot in sorted(folder.glob("slot-*")) if lock.is_locked(slot)]


def move_to_front(run: Run) -> None:
    """Make a waiting run the next one on its device.

    Raises:
        BadRun: the run does not wait.
    """
    for ticket in (run.path.parent / ".queue").glob(f"*/{run.name}{_SUFFIX}"):
        line = _line(ticket.parent)
        if run.name in (name for _, name in line):
            write_whole(ticket, repr(line[0][0] - 1).encode())
            return
    raise BadRun(f"Run {run.name} is {run.status()} and waits for no device, so it cannot be moved to the front.")


@contextmanager
def borrow(
    device: str, name: str, *, asked: Callable[[], object], on_wait: Callable[[], None], root: Path | None = None
) -> Iterator[bool]:
    """Keep a device for a few seconds of work that must not share it, such as measuring how fast it is.

    Such work does not stand in line: it takes the device in the moment in which a run frees it, and gives it back soon.

    Args:
        device: "cpu", "cuda:0" …
        name: of whoever borrows, for `using`.
        asked: something once the work is to be given up.
        on_wait: called once, if the device is not free at once.
        root: the folder of all runs, whose devices are meant.

    Yields:
        True when the device is ours; False when the work was given up before.
    """
    folder = _folder(paths.runs_dir() if root is None else root, device)
    folder.mkdir(parents=True, exist_ok=True)
    slot, told = _free_slot(folder, _limit(), name), False
    while slot is None and not asked():
        if not told:
            on_wait()
            told = True
        time.sleep(_POLL_SECONDS / 3)  # sooner than the next run in line looks
        slot = _free_slot(folder, _limit(), name)
    try:
        yield slot is not None
    finally:
        if slot is not None:
            slot.close()


def _wait(
    run: Run, folder: Path, limit: int, on_wait: Callable[[], None], asked: Callable[[], Request | None]
) -> lock.FileLock | None:
    started = run.last("state")
    ticket = folder / f"{run.name}{_SUFFIX}"
    write_whole(ticket, repr(started["time"] if started else time.time()).encode())
    try:
        while asked() is None:
            if _line(folder)[0][1] == run.name:
                slot = _free_slot(folder, limit, run.name)
                if slot is not None:
                    return slot
            on_wait()
            time.sleep(_POLL_SECONDS)
        return None
    finally:
        ticket.unlink(missing_ok=True)


def _free_slot(folder: Path, limit: int, name: str) -> lock.FileLock | None:
    for index in range(limit):
        path = folder / f"slot-{index}"
        if not lock.is_locked(path):
            slot = lock.take_lock(path)
            if slot is not None:
                os.truncate(slot.descriptor, 0)
                os.write(slot.descriptor, name.encode())
                return slot
    return None


def _line(folder: Path) -> list[tuple[float, str]]:
    """(place, name) of the runs that wait, in their order; tickets of processes that are gone are torn up."""
    line = []
    for ticket in folder.glob(f"*{_SUFFIX}"):
        name = ticket.name.removesuffix(_SUFFIX)
        if lock.is_locked(folder.parent.parent / name / "lock"):
            try:
                line.append((float(ticket.read_text(encoding="utf-8")), name))
            except FileNotFoundError:  # its turn has come just now
                continue
        else:
            ticket.unlink(missing_ok=True)
    return sorted(line)


def _folder(root: Path, device: str) -> Path:
    return root / ".queue" / device.replace(":", "-")


def _limit() -> int:
    text = os.environ.get(LIMIT_VARIABLE, "1")
    if not text.isdecimal() or int(text) < 1:
        raise BadConfig(f'{LIMIT_VARIABLE} is "{text}", expected how many runs may share a device, such as 1 or 2.')
    return int(text)
