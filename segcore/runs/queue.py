"""One run after another on each device, without anybody who directs them.

The process of a run waits by itself for its turn, so the next run starts with the browser closed and the server gone.
What the waiting processes share lies beside the runs:

    <root>/.queue/cuda-0/slot-0        a lock, with the name of its run: whoever holds it uses the device; freed
                                       however its process dies
    <root>/.queue/cuda-0/NAME.ticket   run NAME waits; the number in it is its place, the smallest is next
    <root>/.queue/cuda-0/limit         how many runs may use the device at once; one where there is no such file

Places are moments, those of the runs' starts, until somebody changes the order. A ticket counts while the process of
its run lives. Only the first in line reaches for a slot. A run that needs several devices stands in one line after the
other and keeps what it has. Runs of another SEGCORE_HOME are not seen.
"""

import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from segcore import paths
from segcore.durable import write_whole
from segcore.errors import BadConfig, BadRun
from segcore.runs import lock
from segcore.runs.store import Request, Run

LIMIT_VARIABLE = "SEGCORE_RUNS_PER_DEVICE"
"""Environment variable: how many runs may use one device at once. It goes before the limits that were set by file."""
MOST_AT_ONCE = 64

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
    _limit_of_the_environment()  # a wrong one is told now, not when the first in line
    asked = asked or run.asked
    wanted = [devices] if isinstance(devices, str) else sorted(devices, key=place_in_order)
    waited = False

    def told_once() -> None:
        nonlocal waited
        if not waited:
            waited = True
            on_wait()

    slots: list[lock.FileLock] = []
    try:
        for device in wanted:
            slot = _wait(run, _folder(run.path.parent, device), told_once, asked)
            if slot is None:
                break
            slots.append(slot)
        yield len(slots) == len(wanted)
    finally:
        for slot in slots:
            slot.close()


def devices(*, root: Path | None = None) -> list[str]:
    """Every device that a run has used or waited for, in alphabetical order."""
    root = paths.runs_dir() if root is None else root
    return sorted(folder.name.replace("-", ":") for folder in (root / ".queue").glob("*") if folder.is_dir())


def place_in_order(device: str) -> tuple[str, int]:
    """cuda:2 comes before cuda:10."""
    kind, _, index = device.partition(":")
    return kind, int(index or 0)


def waiting(device: str, *, root: Path | None = None) -> list[str]:
    """Names of the runs that wait for a device, the next one first."""
    root = paths.runs_dir() if root is None else root
    return [name for _, name in _line(_folder(root, device))]


def using(device: str, *, root: Path | None = None) -> list[str]:
    """Names of the runs that use a device at this moment."""
    root = paths.runs_dir() if root is None else root
    return [slot.read_text(encoding="utf-8") for slot in _held(_folder(root, device))]


def move(run: Run, places: int) -> None:
    """Change the order in which runs wait for a device.

    Args:
        run: one that waits.
        places: how far to move it, towards the front where negative; at the front and at the end it goes no further.

    Raises:
        BadRun: the run does not wait.
    """
    for ticket in (run.path.parent / ".queue").glob(f"*/{run.name}{_SUFFIX}"):
        line = _line(ticket.parent)
        names = [name for _, name in line]
        if run.name in names:
            to = min(max(names.index(run.name) + places, 0), len(names) - 1)
            names.remove(run.name)
            names.insert(to, run.name)
            _number(ticket.parent, names, latest=line[-1][0])
            return
    raise BadRun(
        "Run {name} is {state} and waits for no device, so it has no place that could be changed.",
        name=run.name,
        state=run.status(),
    )


def limit(device: str, *, root: Path | None = None) -> int:
    """How many runs may use a device at once.

    Raises:
        BadConfig: the limit in the environment is no number of runs.
    """
    root = paths.runs_dir() if root is None else root
    return _limit(_folder(root, device))


def set_limit(device: str, runs: int, *, root: Path | None = None) -> None:
    """Let more or fewer runs use a device at once; those that wait notice it by themselves, those that run go on.

    Raises:
        BadConfig: not 1 … MOST_AT_ONCE, or the environment says how many, which goes before.
        BadRun: the file cannot be written.
    """
    if not 1 <= runs <= MOST_AT_ONCE:
        raise BadConfig("{runs} runs cannot share a device: choose 1 to {most}.", runs=runs, most=MOST_AT_ONCE)
    if _limit_of_the_environment() is not None:
        raise BadConfig(
            "The environment variable {variable} says how many runs share a device; unset it first.",
            variable=LIMIT_VARIABLE,
        )
    root = paths.runs_dir() if root is None else root
    try:
        write_whole(_folder(root, device) / "limit", str(runs).encode())
    except OSError as error:
        raise BadRun("The limit of {device} cannot be written: {error}.", device=device, error=error) from None


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
    slot, told = _free_slot(folder, name), False
    while slot is None and not asked():
        if not told:
            on_wait()
            told = True
        time.sleep(_POLL_SECONDS / 3)  # sooner than the next run in line looks
        slot = _free_slot(folder, name)
    try:
        yield slot is not None
    finally:
        if slot is not None:
            slot.close()


def _wait(
    run: Run, folder: Path, on_wait: Callable[[], None], asked: Callable[[], Request | None]
) -> lock.FileLock | None:
    started = run.last("state")
    ticket = folder / f"{run.name}{_SUFFIX}"
    write_whole(ticket, _place(started["time"] if started else time.time()))
    try:
        while asked() is None:
            if next((name for _, name in _line(folder)), "") == run.name:
                slot = _free_slot(folder, run.name)
                if slot is not None:
                    return slot
            on_wait()
            time.sleep(_POLL_SECONDS)
        return None
    finally:
        ticket.unlink(missing_ok=True)


def _free_slot(folder: Path, name: str) -> lock.FileLock | None:
    most = _limit(folder)
    if len(_held(folder)) >= most:  # more slots may be held than the limit now has
        return None
    for index in range(most):
        path = folder / f"slot-{index}"
        if not lock.is_locked(path):
            slot = lock.take_lock(path)
            if slot is not None:
                os.truncate(slot.descriptor, 0)
                os.write(slot.descriptor, name.encode())
                return slot
    return None


def _held(folder: Path) -> list[Path]:
    return [slot for slot in sorted(folder.glob("slot-*")) if lock.is_locked(slot)]


def _line(folder: Path) -> list[tuple[float, str]]:
    """(place, name) of the runs that wait, in their order; tickets of processes that are gone are torn up."""
    line = []
    for ticket in folder.glob(f"*{_SUFFIX}"):
        name = ticket.name.removesuffix(_SUFFIX)
        if lock.is_locked(folder.parent.parent / name / "lock"):
            with suppress(FileNotFoundError, ValueError):  # its turn has come just now; it is being moved just now
                line.append((float(ticket.read_text(encoding="utf-8")), name))
        else:
            ticket.unlink(missing_ok=True)
    return sorted(line)


def _number(folder: Path, names: list[str], *, latest: float) -> None:
    """Give the waiting runs places in this order, none later than the latest so far: whoever comes now stands behind.

    Written into the tickets that are there, never as new files: the ticket of a run whose turn has come meanwhile
    must not come back, or everybody would wait behind a run that does not wait.
    """
    for index, name in enumerate(names):
        with suppress(FileNotFoundError), (folder / f"{name}{_SUFFIX}").open("r+b", buffering=0) as ticket:
            ticket.write(_place(latest - (len(names) - 1 - index)))


def _place(moment: float) -> bytes:
    """Always of the same length, so that a place is overwritten in one stroke."""
    return f"{moment:024.6f}".encode()


def _folder(root: Path, device: str) -> Path:
    return root / ".queue" / device.replace(":", "-")


def _limit(folder: Path) -> int:
    from_environment = _limit_of_the_environment()
    if from_environment is not None:
        return from_environment
    try:
        text = (folder / "limit").read_text(encoding="utf-8").strip()
    except OSError:
        return 1
    return min(int(text), MOST_AT_ONCE) if text.isdecimal() and int(text) else 1


def _limit_of_the_environment() -> int | None:
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
