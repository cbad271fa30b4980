"""A training of several processes on this machine, started and watched by torchrun's engine.

The process of the run becomes what ``torchrun`` is: it starts one process for each device (a *rank*), tells them where
they meet, and when one dies it ends the others, so that none waits for ever. It computes nothing itself. Used as a
library, the engine lets two things be handed down that its command line would lose:

- the lock of the run, so that it is held as long as any process of the run lives;
- a report: every rank writes down how it ended. When one fails, the others fail too, for no other reason than that
  one; only the reports tell which was the first.

Ranks end with this process, however it ends.
"""

import json
import os
import signal
import tempfile
import threading
import time
import traceback
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import active_children, parent_process, reduction
from pathlib import Path
from typing import Any

import torch
from torch.distributed.elastic.multiprocessing import DefaultLogsSpecs, SignalException
from torch.distributed.elastic.multiprocessing.errors import ChildFailedError
from torch.distributed.launcher.api import LaunchConfig, elastic_launch

from segcore.errors import Message, NotAvailable, SegcoreError
from segcore.runs import Request, Run, run_at
from segcore.runs.lock import INHERITABLE, FileLock
from segcore.train import collectives
from segcore.train.compute_mode import pick_devices
from segcore.train.config import TrainConfig, make_config
from segcore.train.loop import ENDINGS
from segcore.train.process.attempt import attempt
from segcore.train.process.failures import PEER, Failure, RanksFailed, explain, killed
from segcore.train.process.signals import Ending, polite_end

_MEETING_SECONDS = 15 * 60
"""How long machines wait for each other before the first step."""
_LISTEN_SECONDS = 0.5
_ANSWER_SECONDS = 2.0
"""An engine that works as usual answers a rank within this time."""


def train_together(run: Run, held: FileLock, ending: Ending) -> str:
    """Train with ``devices`` processes on this machine.

    Args:
        run: what to do.
        held: its lock, of which every rank gets a copy.
        ending: whether this process was told to end (SIGTERM); a rank that was told to is noted there too.

    Returns:
        The last state: finished, stopped or paused.

    Raises:
        RanksFailed: a rank failed or was killed.
        KeyboardInterrupt: Ctrl-C.
        NotAvailable: the other machines did not come.
    """
    config = make_config(run.plan)
    with tempfile.TemporaryDirectory(prefix="segcore-ranks-") as place:
        reports = Path(place)
        died = None
        try:
            with _kept_handlers(), _heard_while_meeting(run, config):
                elastic_launch(engine(config, reports), work_as_rank)(
                    run.path, _HandedLock(held.descriptor) if INHERITABLE else None, reports
                )
        except SignalException as told:
            if told.sigval == signal.SIGINT:
                raise KeyboardInterrupt from None
            ending.tell()
        except ChildFailedError as failed:
            died = failed
        except (TimeoutError, ConnectionError, RuntimeError) as error:  # it has no kind of its own for "nobody came"
            if config.nodes == 1:
                raise
            raise NotAvailable(
                "The {nodes} machines did not meet at {rendezvous}: {error}. Start the run on each of them within a "
                "quarter of an hour; machine 0 must be reachable there.",
                nodes=config.nodes,
                rendezvous=config.rendezvous,
                error=error,
            ) from None
        return _outcome(list(map(json.loads, _texts(reports))), died, config, ending)


def engine(config: TrainConfig, place: Path) -> LaunchConfig:
    """How torchrun's engine starts the processes of this machine.

    Args:
        config: says how many, on how many machines.
        place: a folder in which the engine may leave files.
    """
    alone = config.nodes == 1
    return LaunchConfig(
        min_nodes=config.nodes,
        max_nodes=config.nodes,
        nproc_per_node=config.devices,
        run_id=uuid.uuid4().hex if alone else "segcore",
        rdzv_backend="c10d" if alone else "static",  # with `static` machine 0 is the one that was named so
        rdzv_endpoint="127.0.0.1:0" if alone else config.rendezvous,
        rdzv_configs={"timeout": _MEETING_SECONDS} | ({} if alone else {"rank": config.node_rank}),
        local_addr="127.0.0.1" if alone else None,
        max_restarts=0,  # a run goes on when a person says so, or by the remedies that its settings allow
        signals_to_handle="SIGTERM,SIGINT",
        logs_specs=DefaultLogsSpecs(log_dir=str(place / "engine")),
    )


def _texts(reports: Path) -> list[str]:
    return [path.read_text(encoding="utf-8") for path in sorted(reports.glob("rank-*.json"))]


def _outcome(reports: list[dict[str, Any]], died: ChildFailedError | None, config: TrainConfig, ending: Ending) -> str:
    """What the reports of the ranks amount to."""
    if any(report.get("told") for report in reports):
        ending.tell()
    failures = sorted((report for report in reports if "failure" in report), key=lambda report: float(report["time"]))
    own = [report for report in failures if report["failure"]["cause"] != PEER]
    if own:
        raise RanksFailed(Failure.from_json(own[0]["failure"]))
    states = [str(report["state"]) for report in reports if "state" in report]
    if died is None and states:
        return states[0]
    if died is None:  # told to end, and not done within the time that the engine leaves
        raise RanksFailed(killed())
    _, first = died.get_first_failure()
    if first.exitcode < 0:
        raise RanksFailed(killed())
    if len(reports) < config.devices:
        raise RanksFailed(
            Failure("error", Message("A process of the training could not start. The log of the run has details."))
        )
    if config.nodes > 1:
        raise RanksFailed(
            Failure(
                PEER,
                Message("The training ended on another machine; its run there says why. All that was saved is whole."),
            )
        )
    raise RanksFailed(Failure.from_json(failures[0]["failure"]))


@contextmanager
def _heard_while_meeting(run: Run, config: TrainConfig) -> Iterator[None]:
    """Leave when the run is asked to, although the other machines have not come yet: the engine waits deaf for them."""
    over = threading.Event()

    def listen() -> None:
        while not over.wait(_LISTEN_SECONDS) and not active_children():
            request = run.asked()
            if request is not None:
                run.emit("state", state=ENDINGS[request])
                os._exit(0)

    if config.nodes > 1:
        threading.Thread(target=listen, name="meeting", daemon=True).start()
    try:
        yield
    finally:
        over.set()


@contextmanager
def _kept_handlers() -> Iterator[None]:
    """The engine sets handlers for signals and leaves them behind."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class _HandedLock:
    """A lock that goes to another process with what is pickled for it, as the open file that it is."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def __reduce__(self) -> Any:
        return _received, (reduction.DupFd(self._descriptor),)


def _received(handle: Any) -> FileLock:
    """In the rank: the lock, which the rank's own children have no part in."""
    descriptor: int = handle.detach()
    os.set_inheritable(descriptor, False)
    return FileLock(descriptor)


def work_as_rank(folder: Path, held: FileLock | None, reports: Path) -> None:
    """The life of one rank; called by the engine in a process of its own.

    Args:
        folder: of the run.
        held: the rank's copy of the run's lock, kept open until the process ends.
        reports: where to write how it ended.
    """
    del held  # nothing to do with it: the open file is what counts, and it is never closed
    threading.Thread(target=_end_with_parent, daemon=True).start()
    run = run_at(folder)
    here = int(os.environ["LOCAL_RANK"])
    report: dict[str, Any] = {}
    try:
        with polite_end() as ending:
            config = make_config(run.plan)
            devices = pick_devices(config)
            if "OMP_NUM_THREADS" not in os.environ:
                torch.set_num_threads(max(1, torch.get_num_threads() // config.devices))
            with collectives.joined(devices[here % len(devices)]):
                report = {"state": attempt(run, lambda: _asked(run, ending)), "told": ending.told}
            if ending.told:
                _leave_soon()
    except Exception as error:
        failure = explain(error)
        if failure.cause != PEER and not isinstance(error, SegcoreError):
            traceback.print_exc()
        report = {"failure": failure.to_json()}
        raise SystemExit(1) from None
    finally:
        if report:
            text = json.dumps(report | {"time": time.time()})
            (reports / f"rank-{here}.json").write_text(text, encoding="utf-8")


def _asked(run: Run, ending: Ending) -> Request | None:
    """What this rank has heard; the ranks agree afterwards."""
    if ending.told:
        return "stop"
    return run.asked() if collectives.is_first_here() else None


def _leave_soon() -> None:
    """An engine that was told to end no longer answers, and a rank that is done would wait for its answer."""
    timer = threading.Timer(_ANSWER_SECONDS, os._exit, [0])
    timer.daemon = True
    timer.start()


def _end_with_parent() -> None:
    """Whoever started this rank watches it; without that, it would train on with nobody to stop it."""
    parent = parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)
