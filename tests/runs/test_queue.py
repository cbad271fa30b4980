"""Real processes take turns on a device, and nobody has to be there to direct them."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from segcore.errors import BadConfig, BadRun
from segcore.paths import PROJECT
from segcore.runs import Run, new_run, queue, start
from segcore.runs.queue import (
    LIMIT_VARIABLE,
    device_order,
    devices,
    limit,
    move,
    set_limit,
    using,
    wait_for_devices,
    waiting,
)

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals and inherited locks are POSIX")

WORKER = """
import sys, time
from pathlib import Path
from segcore.runs import run_at
from segcore.runs.queue import wait_for_devices
run, device = run_at(Path(sys.argv[1])), sys.argv[2].split()
def on_wait():
    run.emit("state", state="queued", device=device)
with run.hold(), wait_for_devices(run, device, on_wait=on_wait) as ours:
    if ours:
        run.emit("state", state="running")
        while not (run.path / "enough").exists():
            time.sleep(0.01)
    run.emit("state", state="finished" if ours else "stopped")
"""


def worker(run: Run, device: str = "cpu") -> list[str]:
    return [sys.executable, "-c", WORKER, str(run.path), device]


def begin(root: Path, name: str, device: str = "cpu") -> Run:
    run = new_run({"model": "unet"}, name=name, root=root)
    start(run, command=worker(run, device))
    return run


def wait_for(condition: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "nothing happened"
        time.sleep(0.02)


def finish(run: Run) -> None:
    (run.path / "enough").touch()
    wait_for(lambda: run.status() == "finished")


def test_two_runs_on_one_device_run_one_after_the_other(tmp_path: Path) -> None:
    first = begin(tmp_path, "first")
    wait_for(lambda: first.status() == "running")
    second = begin(tmp_path, "second")
    wait_for(lambda: second.status() == "queued")
    other = begin(tmp_path, "other", device="cuda:0")
    wait_for(lambda: other.status() == "running")  # another device does not wait
    assert waiting("cpu", root=tmp_path) == ["second"]
    assert devices(root=tmp_path) == ["cpu", "cuda:0"]
    assert (using("cpu", root=tmp_path), using("cuda:0", root=tmp_path)) == (["first"], ["other"])
    assert second.status() == "queued"
    finish(first)
    wait_for(lambda: second.status() == "running")
    assert waiting("cpu", root=tmp_path) == []
    finish(second)
    finish(other)
    wait_for(lambda: using("cpu", root=tmp_path) == using("cuda:0", root=tmp_path) == [])


def test_a_run_on_several_devices_holds_all_of_them_and_waits_for_all(tmp_path: Path) -> None:
    first = begin(tmp_path, "first", device="cuda:1")
    wait_for(lambda: first.status() == "running")
    both = begin(tmp_path, "both", device="cuda:1 cuda:0")
    wait_for(lambda: waiting("cuda:1", root=tmp_path) == ["both"])
    third = begin(tmp_path, "third", device="cuda:0")
    wait_for(lambda: waiting("cuda:0", root=tmp_path) == ["third"])  # `both` has cuda:0 already
    last = begin(tmp_path, "last", device="cuda:0 cuda:1")
    wait_for(lambda: len(waiting("cuda:0", root=tmp_path)) == 2)
    finish(first)
    wait_for(lambda: both.status() == "running")
    assert (third.status(), last.status()) == ("queued", "queued")
    finish(both)
    wait_for(lambda: third.status() == "running")
    assert last.status() == "queued"
    last.request("stop")
    wait_for(lambda: last.status() == "stopped")
    finish(third)


def test_gpus_are_taken_in_the_order_of_their_numbers() -> None:
    """The same order for all runs, or two of them might each hold what the other one waits for."""
    assert sorted(["cuda:10", "cuda:2", "cpu", "cuda:0"], key=device_order) == ["cpu", "cuda:0", "cuda:2", "cuda:10"]


def test_the_next_run_starts_when_the_starter_is_gone_and_the_one_before_was_killed(tmp_path: Path) -> None:
    runs = [new_run({"model": "unet"}, name=name, root=tmp_path) for name in ("first", "second")]
    code = (
        "import sys; from pathlib import Path; from segcore.runs import run_at, start\n"
        "print(start(run_at(Path(sys.argv[1])), command=sys.argv[2:]))"
    )
    pids = []
    for run in runs:
        answer = subprocess.run(
            [sys.executable, "-c", code, str(run.path), *worker(run)],
            cwd=PROJECT,
            capture_output=True,
            text=True,
            check=True,
        )
        pids.append(int(answer.stdout))
        wait_for(lambda run=run: run.status() in ("running", "queued"))  # type: ignore[misc]
    assert [run.status() for run in runs] == ["running", "queued"]
    os.kill(pids[0], signal.SIGKILL)
    wait_for(lambda: runs[1].status() == "running")
    assert runs[0].status() == "lost"
    finish(runs[1])


def test_the_order_is_that_of_the_starts_and_can_be_changed(tmp_path: Path) -> None:
    first = begin(tmp_path, "first")
    wait_for(lambda: first.status() == "running")
    second, third, fourth = (begin(tmp_path, name) for name in ("second", "third", "fourth"))
    wait_for(lambda: len(waiting("cpu", root=tmp_path)) == 3)
    assert waiting("cpu", root=tmp_path) == ["second", "third", "fourth"]
    for run, places, order in (
        (fourth, -99, ["fourth", "second", "third"]),
        (fourth, 1, ["second", "fourth", "third"]),
        (third, -1, ["second", "third", "fourth"]),
        (second, 99, ["third", "fourth", "second"]),
        (third, -1, ["third", "fourth", "second"]),
        (second, -2, ["second", "third", "fourth"]),
        (fourth, -2, ["fourth", "second", "third"]),
    ):
        move(run, places)
        assert waiting("cpu", root=tmp_path) == order
    fifth = begin(tmp_path, "fifth")
    wait_for(lambda: waiting("cpu", root=tmp_path) == ["fourth", "second", "third", "fifth"])
    fifth.request("stop")
    wait_for(lambda: fifth.status() == "stopped")
    second.request("stop")  # withdrawn before its turn
    wait_for(lambda: second.status() == "stopped")
    assert waiting("cpu", root=tmp_path) == ["fourth", "third"]
    finish(first)
    wait_for(lambda: fourth.status() == "running")
    assert third.status() == "queued"
    finish(fourth)
    finish(third)
    with pytest.raises(BadRun, match="waits for no device"):
        move(third, -1)


def test_whose_turn_has_come_while_it_is_moved_does_not_wait_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its ticket would stay until its end, first in line, and nobody else would have a turn."""
    first = begin(tmp_path, "first")
    wait_for(lambda: first.status() == "running")
    second, third = (begin(tmp_path, name) for name in ("second", "third"))
    wait_for(lambda: len(waiting("cpu", root=tmp_path)) == 2)
    number = queue._renumber

    def late(*arguments: object, **more: object) -> None:
        finish(first)
        wait_for(lambda: second.status() == "running")
        number(*arguments, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(queue, "_renumber", late)
    move(third, -1)
    assert waiting("cpu", root=tmp_path) == ["third"]
    finish(second)
    wait_for(lambda: third.status() == "running")
    finish(third)


def test_a_waiting_run_that_was_killed_holds_nobody_up(tmp_path: Path) -> None:
    first = begin(tmp_path, "first")
    wait_for(lambda: first.status() == "running")
    second = new_run({"model": "unet"}, name="second", root=tmp_path)
    pid = start(second, command=worker(second))
    wait_for(lambda: second.status() == "queued")
    os.kill(pid, signal.SIGKILL)
    wait_for(lambda: second.status() == "lost")
    third = begin(tmp_path, "third")
    wait_for(lambda: waiting("cpu", root=tmp_path) == ["third"])
    finish(first)
    wait_for(lambda: third.status() == "running")
    finish(third)


def test_a_device_can_be_shared_by_choice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(LIMIT_VARIABLE, "2")
    runs = [begin(tmp_path, name) for name in ("first", "second", "third")]
    wait_for(lambda: sorted(run.status() for run in runs) == ["queued", "running", "running"])
    for run in runs:
        (run.path / "enough").touch()
    wait_for(lambda: all(run.status() == "finished" for run in runs))


def test_the_limit_changes_while_runs_wait(tmp_path: Path) -> None:
    runs = [begin(tmp_path, name) for name in ("first", "second", "third")]
    wait_for(lambda: sorted(run.status() for run in runs) == ["queued", "queued", "running"])
    set_limit("cpu", 2, root=tmp_path)
    assert (limit("cpu", root=tmp_path), limit("cuda:0", root=tmp_path)) == (2, 1)
    wait_for(lambda: sorted(run.status() for run in runs) == ["queued", "running", "running"])
    set_limit("cpu", 1, root=tmp_path)
    finish(next(run for run in runs if run.name == using("cpu", root=tmp_path)[0]))
    assert len(waiting("cpu", root=tmp_path)) == 1, "one still runs, and one is the limit now"
    for run in runs:
        (run.path / "enough").touch()
    wait_for(lambda: all(run.status() == "finished" for run in runs))


def test_the_environment_goes_before_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    set_limit("cpu", 3, root=tmp_path)
    monkeypatch.setenv(LIMIT_VARIABLE, "2")
    assert limit("cpu", root=tmp_path) == 2
    with pytest.raises(BadConfig, match=LIMIT_VARIABLE):
        set_limit("cpu", 3, root=tmp_path)


@pytest.mark.parametrize("text", ["", "0", "x", "-3"])
def test_a_damaged_limit_is_one(text: str, tmp_path: Path) -> None:
    set_limit("cpu", 3, root=tmp_path)
    (tmp_path / ".queue" / "cpu" / "limit").write_text(text)
    assert limit("cpu", root=tmp_path) == 1
    with pytest.raises(BadConfig, match="1 to 64"):
        set_limit("cpu", 0, root=tmp_path)


@pytest.mark.parametrize("text", ["0", "many", "-1"])
def test_a_wrong_limit_is_said(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(LIMIT_VARIABLE, text)
    run = new_run({"model": "unet"}, root=tmp_path)
    with (
        pytest.raises(BadConfig, match=LIMIT_VARIABLE),
        run.hold(),
        wait_for_devices(run, ["cpu"], on_wait=lambda: None),
    ):
        pytest.fail("no turn without a limit")
