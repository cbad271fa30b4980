"""A distributed training on this machine: torchrun's agent starts one process per device and supervises them.

The process of the run acts as ``torchrun``. Used as a library, the agent can pass on two things that its command line
cannot: the lock of the run, which is then held as long as any process of the run lives, and a folder where every rank
reports how it ended: when one fails, the others fail as a consequence, and the reports show which failed first. Ranks
end with this process, however it ends.
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
from segcore.train.loop import STATE_AFTER
from segcore.train.process.attempt import attempt
from segcore.train.process.failures import PEER, Failure, RanksFailed, explain, killed
from segcore.train.process.signals import Shutdown, graceful_shutdown

_RENDEZVOUS_SECONDS = 15 * 60
_POLL_SECONDS = 0.5
_AGENT_REPLY_SECONDS = 2.0
"""A working agent replies to a rank within this time."""


def train_distributed(run: Run, config: TrainConfig, lock: FileLock, shutdown: Shutdown) -> str:
    """Train with ``devices`` processes on this machine; returns the last state: finished, stopped or paused.

    Every rank gets a copy of the lock. A SIGTERM to the agent or to a rank is recorded in ``shutdown``.

    Raises:
        RanksFailed: a rank failed or was killed.
        KeyboardInterrupt: Ctrl-C.
        NotAvailable: the other machines did not join.
    """
    with tempfile.TemporaryDirectory(prefix="segcore-ranks-") as place:
        reports = Path(place)
        failed = None
        try:
            with _restored_handlers(), _requests_during_rendezvous(run, config):
                elastic_launch(launch_config(config, reports), run_rank)(
                    run.path, _InheritedLock(lock.descriptor) if INHERITABLE else None, reports
                )
        except SignalException as received:
            if received.sigval == signal.SIGINT:
                raise KeyboardInterrupt from None
            shutdown.request()
        except ChildFailedError as error:
            failed = error
        except (TimeoutError, ConnectionError, RuntimeError) as error:  # the agent has no error type for a timeout
            if config.nodes == 1:
                raise
            raise NotAvailable(
                "The {nodes} machines did not meet at {rendezvous}: {error}. Start the run on each of them within a "
                "quarter of an hour; machine 0 must be reachable there.",
                nodes=config.nodes,
                rendezvous=config.rendezvous,
                error=error,
            ) from None
        texts = [path.read_text(encoding="utf-8") for path in sorted(reports.glob("rank-*.json"))]
        return _outcome(list(map(json.loads, texts)), failed, config, shutdown)


def launch_config(config: TrainConfig, folder: Path) -> LaunchConfig:
    """The settings of torchrun's agent for the processes of this machine; it may write files to the folder."""
    alone = config.nodes == 1
    return LaunchConfig(
        min_nodes=config.nodes,
        max_nodes=config.nodes,
        nproc_per_node=config.devices,
        run_id=uuid.uuid4().hex if alone else "segcore",
        rdzv_backend="c10d" if alone else "static",  # with `static`, node_rank 0 is machine 0
        rdzv_endpoint="127.0.0.1:0" if alone else config.rendezvous,
        rdzv_configs={"timeout": _RENDEZVOUS_SECONDS} | ({} if alone else {"rank": config.node_rank}),
        local_addr="127.0.0.1" if alone else None,
        max_restarts=0,  # a run is resumed by its user, or by the remedies that its settings allow
        signals_to_handle="SIGTERM,SIGINT",
        logs_specs=DefaultLogsSpecs(log_dir=str(folder / "engine")),
    )


def _outcome(
    reports: list[dict[str, Any]], failed: ChildFailedError | None, config: TrainConfig, shutdown: Shutdown
) -> str:
    """The last state according to the reports of the ranks, or the failure that came first."""
    if any(report.get("shutdown") for report in reports):
        shutdown.request()
    failures = sorted((report for report in reports if "failure" in report), key=lambda report: float(report["time"]))
    for report in failures:
        if report["failure"]["cause"] != PEER:
            raise RanksFailed(Failure.from_json(report["failure"]))
    states = [str(report["state"]) for report in reports if "state" in report]
    if failed is None and states:
        return states[0]
    if failed is None or failed.get_first_failure()[1].exitcode < 0:  # killed, or too slow after SIGTERM
        raise RanksFailed(killed())
    if len(reports) < config.devices:
        text = Message("A process of the training could not start. The log of the run has details.")
        raise RanksFailed(Failure("error", text))
    if config.nodes > 1:
        text = Message("The training ended on another machine; its run there shows why. Everything saved is intact.")
        raise RanksFailed(Failure(PEER, text))
    raise RanksFailed(Failure.from_json(failures[0]["failure"]))


@contextmanager
def _requests_during_rendezvous(run: Run, config: TrainConfig) -> Iterator[None]:
    """Exit on request while other machines are missing; the agent ignores requests during the rendezvous."""
    over = threading.Event()

    def poll() -> None:
        while not over.wait(_POLL_SECONDS) and not active_children():
            request = run.requested()
            if request is not None:
                run.emit("state", state=STATE_AFTER[request])
                os._exit(0)

    if config.nodes > 1:
        threading.Thread(target=poll, name="rendezvous", daemon=True).start()
    try:
        yield
    finally:
        over.set()


@contextmanager
def _restored_handlers() -> Iterator[None]:
    """Restore the signal handlers that the agent replaces, which it does in the main thread only."""
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        if threading.current_thread() is threading.main_thread():
            for number, handler in before.items():
                signal.signal(number, handler)


class _InheritedLock:
    """Pickles a lock for another process as its open file."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def __reduce__(self) -> Any:
        return _unpickle_lock, (reduction.DupFd(self._descriptor),)


def _unpickle_lock(handle: Any) -> FileLock:
    """The lock, in the rank; the rank's own children do not inherit it."""
    descriptor: int = handle.detach()
    os.set_inheritable(descriptor, False)
    return FileLock(descriptor)


def run_rank(folder: Path, lock: FileLock | None, reports: Path) -> None:
    """Entry point of a rank, called by the agent in a new process; writes to ``reports`` how it ended."""
    del lock  # only the open file matters, and it is never closed
    threading.Thread(target=_exit_with_parent, daemon=True).start()
    run = run_at(folder)
    local_rank = int(os.environ["LOCAL_RANK"])
    report: dict[str, Any] = {}
    try:
        with graceful_shutdown() as shutdown:
            config = make_config(run.plan)
            devices = pick_devices(config)
            if "OMP_NUM_THREADS" not in os.environ:
                torch.set_num_threads(max(1, torch.get_num_threads() // config.devices))
            with collectives.process_group(devices[local_rank % len(devices)]):
                state = attempt(run, config, lambda: _request_to_rank(run, shutdown))
                report = {"state": state, "shutdown": shutdown.requested}
            if shutdown.requested:
                _exit_soon()
    except Exception as error:
        failure = explain(error)
        if failure.cause != PEER and not isinstance(error, SegcoreError):
            traceback.print_exc()
        report = {"failure": failure.to_json()}
        raise SystemExit(1) from None
    finally:
        if report:
            text = json.dumps(report | {"time": time.time()})
            (reports / f"rank-{local_rank}.json").write_text(text, encoding="utf-8")


def _request_to_rank(run: Run, shutdown: Shutdown) -> Request | None:
    """The request that this rank has received; the ranks agree afterwards."""
    if shutdown.requested:
        return "stop"
    return run.requested()


def _exit_soon() -> None:
    """After SIGTERM the agent no longer replies, and a finished rank would wait for its reply."""
    timer = threading.Timer(_AGENT_REPLY_SECONDS, os._exit, [0])
    timer.daemon = True
    timer.start()


def _exit_with_parent() -> None:
    """Without its supervisor, a rank would train on with no way to stop it."""
    parent = parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)
