"""A run whose process is alive while nothing happens is stalled, until it moves again."""

import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from segcore.errors import BadRun
from segcore.runs import (
    Run,
    dump_run,
    kill_run,
    new_run,
    resume,
    run_index,
    stall_of,
    start,
    store,
    summary,
    wake_run,
)
from segcore.runs.stall import FIRST_SECONDS, FLOOR_SECONDS

WORKER = """
import sys, time
from pathlib import Path
from segcore.runs import run_at
from segcore.runs.process import sign
from segcore.train.process.signals import graceful_shutdown, stack_dumps

def train_for_ever():
    with graceful_shutdown() as shutdown:
        for step in range(100_000):
            if run.requested() == "stop" or shutdown.requested:
                run.emit("state", state="stopped")
                return
            run.emit("step", epoch=0, step=step)
            time.sleep(0.1)

run = run_at(Path(sys.argv[1]))
with run.hold() as lock, stack_dumps(run.log_path):
    sign(lock)
    run.emit("setup", steps_per_epoch=1_000_000)
    run.emit("state", state="running")
    train_for_ever()
"""


class Clock:
    """The time as the events of a run will have it."""

    def __init__(self) -> None:
        self.now = 1000.0

    def time(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(store.time, "time", made.time)
    return made


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return new_run({"model": "unet", "data": ["shapes"], "epochs": 10}, name="one", root=tmp_path)


def train(run: Run, clock: Clock, *, epochs: int, seconds: float = 1.0, validation: float = 300.0) -> None:
    """Epochs of ten steps with a long validation, then three steps."""
    run.emit("setup", steps_per_epoch=10)
    run.emit("state", state="running")
    for step in range(10 * epochs + 3):
        clock.now += seconds
        run.emit("step", epoch=step // 10, step=step)
        if step % 10 == 9:
            clock.now += validation
            run.emit("val", epoch=step // 10, step=step + 1, miou=0.5)


def test_no_step_for_ten_times_as_long_as_usual_is_a_stall(run: Run, clock: Clock) -> None:
    with run.hold():
        train(run, clock, epochs=1, seconds=20.0)
        clock.now += 150
        assert run.status() == "running", "less than ten steps' time"
        clock.now += 100
        assert run.status() == summary(run).state == "stalled"
        stall = stall_of(run)
        assert stall is not None
        assert (stall.silent, stall.usual, stall.last["step"]) == (250.0, 20.0, 12)
        run.emit("meter", cpu_percent=0.0)
        assert run.status() == "stalled", "meters come from another thread"
        run.emit("step", epoch=1, step=13)
        assert run.status() == "running", "it moves again"
        assert stall_of(run) is None


def test_quick_steps_have_a_minute_at_least(run: Run, clock: Clock) -> None:
    with run.hold():
        train(run, clock, epochs=1, seconds=0.1)
        clock.now += FLOOR_SECONDS - 1
        assert run.status() == "running"
        clock.now += 2
        assert run.status() == "stalled"


def test_a_slow_first_step_and_a_first_long_validation_are_no_stall(run: Run, clock: Clock) -> None:
    with run.hold():
        clock.now += FIRST_SECONDS - 1
        assert run.status() == "starting"
        run.emit("setup", steps_per_epoch=10)
        run.emit("state", state="running")
        clock.now += FIRST_SECONDS - 1
        assert run.status() == "running", "it may compile"
        for step in range(10):
            clock.now += 1
            run.emit("step", epoch=0, step=step)
        clock.now += FIRST_SECONDS - 1
        assert run.status() == "running", "the first validation"
        clock.now += 2
        assert run.status() == "stalled"


@pytest.mark.parametrize("every", [1, 4])
def test_a_validation_as_long_as_the_last_one_is_no_stall(run: Run, clock: Clock, every: int) -> None:
    with run.hold():
        run.emit("setup", steps_per_epoch=10)
        run.emit("state", state="running")
        for step in range(30):
            clock.now += 1.0
            if step % every == 0:
                run.emit("step", epoch=step // 10, step=step)
            if step % 10 == 9 and step < 29:
                clock.now += 300.0
                run.emit("val", epoch=step // 10, step=step + 1, miou=0.5)
        clock.now += 1000
        assert run.status() == "running"
        clock.now += 3000
        assert run.status() == "stalled"


def test_waiting_for_a_device_and_a_short_job_are_no_stalls(run: Run, clock: Clock) -> None:
    with run.hold():
        run.emit("state", state="queued")
        clock.now += 1e6
        assert run.status() == "queued"
        run.emit("began")
        clock.now += 1e6
        assert run.status() == "queued"


def test_a_run_that_was_asked_to_stop_and_does_not_is_stalled(run: Run, clock: Clock) -> None:
    with run.hold():
        train(run, clock, epochs=1, seconds=0.1)
        run.request("stop")
        assert run.status() == "stopping"
        clock.now += 100
        assert (summary(run).state, summary(run).requested) == ("stalled", "stop")


def test_what_cannot_be_done_with_a_stalled_run_states_what_can(run: Run, clock: Clock) -> None:
    with run.hold():
        train(run, clock, epochs=1, seconds=0.1)
        clock.now += 100
        with pytest.raises(BadRun, match="runs stop --now"):
            resume(run)
        for act in (kill_run, wake_run, dump_run):
            with pytest.raises(BadRun, match="no process"):
                act(run)  # this test has not signed the lock: it must not kill itself


def test_the_signature_of_an_ended_process_is_not_believed(run: Run) -> None:
    with run.hold():
        assert (run.path / "lock").read_text() == ""
    (run.path / "lock").write_text(f"{os.getppid()} 1.0 elsewhere")
    with run.hold(again=True), pytest.raises(BadRun, match="no process"):
        kill_run(run)


# --- a process --------------------------------------------------------------------------------------------------------


def wait_for(run: Run, *states: str, seconds: float = 180.0) -> str:
    deadline = time.monotonic() + seconds
    while (state := run.status()) not in states and time.monotonic() < deadline:
        time.sleep(0.1)
    assert state in states, f"{state}: {run.log_path.read_text()}"
    return state


@pytest.fixture
def live(run: Run) -> Iterator[Run]:
    start(run, command=[sys.executable, "-c", WORKER, str(run.path)])
    wait_for(run, "running")
    while run.last("step") is None:
        time.sleep(0.05)
    yield run
    with suppress(BadRun):
        kill_run(run)


def pid(run: Run) -> int:
    return int((run.path / "lock").read_text().split()[0])


def test_a_stopped_process_is_seen_woken_and_running_again(live: Run) -> None:
    os.kill(pid(live), signal.SIGSTOP)
    wait_for(live, "stalled")
    assert run_index(live.path.parent).read().entries[0].facts.state == "stalled"
    stall = stall_of(live)
    assert stall is not None and stall.doing == "stopped" and stall.last["kind"] == "step"
    assert dump_run(live) == "", "it does not react"
    wake_run(live)
    wait_for(live, "running")


def test_a_live_process_writes_its_stacks_to_its_log_and_continues(live: Run) -> None:
    dump = dump_run(live)
    assert "train_for_ever" in dump and dump in live.log_path.read_text()
    assert wait_for(live, "running") == "running"


def test_stop_wakes_a_stopped_process_which_then_obeys(live: Run) -> None:
    os.kill(pid(live), signal.SIGSTOP)
    wait_for(live, "stalled")
    live.request("stop")
    wait_for(live, "stopped")


def test_a_killed_process_leaves_a_run_that_can_be_resumed(live: Run) -> None:
    os.kill(pid(live), signal.SIGSTOP)
    kill_run(live)
    assert (live.status(), live.cause()) == ("stopped", "killed")
    assert "killed on request" in summary(live).reason
    with live.hold(again=True):
        assert live.status() == "starting"
