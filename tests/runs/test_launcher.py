"""Real processes: a small stand-in for the worker finishes, fails, is stopped and is killed."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from segcore.errors import BadRun
from segcore.runs import FINAL_STATES, Run, new_run, run_at, start
from segcore.runs.lock import is_locked, take_lock

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals and inherited locks are POSIX")

WORKER = """
import sys, time
from pathlib import Path
from segcore.runs import run_at
run = run_at(Path(sys.argv[1]))
with run.hold():
    print("hello from the worker", flush=True)
    run.emit("state", state="running")
    {body}
"""
FINISHES = """run.emit("state", state="finished")"""
CRASHES = """raise RuntimeError("out of luck")"""
STEPS_UNTIL_ASKED = """
    step = 0
    while not run.requested():
        run.emit("step", step=step, text="x" * 2000)
        step += 1
        time.sleep(0.001)
    run.emit("state", state="stopped")
"""


def worker(run: Run, body: str) -> list[str]:
    """-c rather than a file: then the folder that the process starts in is where it finds segcore."""
    return [sys.executable, "-c", WORKER.format(body=body), str(run.path)]


def wait_for(condition: Callable[[], bool], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "nothing happened"
        time.sleep(0.01)


def is_gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    run = new_run({"model": "unet"}, name="a-run", root=tmp_path)
    yield run
    if run.status() not in (*FINAL_STATES, "queued", "lost"):
        run.request("stop")
        wait_for(lambda: not is_locked(run.path / "lock"))


def test_a_run_finishes_and_its_process_is_gone(run: Run) -> None:
    pid = start(run, command=worker(run, FINISHES))
    wait_for(lambda: run.status() == "finished")
    wait_for(lambda: is_gone(pid))  # reaped: no zombie stays with this process
    assert not is_locked(run.path / "lock")
    assert run.log_path.read_text() == "hello from the worker\n"


def test_a_process_that_dies_without_a_word_is_lost_and_its_log_tells_why(run: Run) -> None:
    start(run, command=worker(run, CRASHES))
    wait_for(lambda: run.status() == "lost")
    # The lock is free as the exception leaves `hold`, a moment before the interpreter prints it.
    wait_for(lambda: "RuntimeError: out of luck" in run.log_path.read_text())


def test_kill_9_is_lost_at_once_and_frees_the_lock(run: Run) -> None:
    pid = start(run, command=worker(run, STEPS_UNTIL_ASKED))
    wait_for(lambda: run.status() == "running")
    os.kill(pid, signal.SIGKILL)
    wait_for(lambda: run.status() == "lost")
    free = take_lock(run.path / "lock")
    assert free is not None
    free.close()
    with pytest.raises(BadRun, match="is lost"):
        run.request("stop")


def test_a_zombie_does_not_count_as_running(run: Run) -> None:
    """Nobody waits for this child, so its pid stays taken after its death."""
    child = subprocess.Popen(worker(run, STEPS_UNTIL_ASKED), cwd=Path(__file__).parents[2], stdout=subprocess.DEVNULL)
    wait_for(lambda: run.status() == "running")
    child.kill()
    wait_for(lambda: run.status() == "lost")
    assert not is_gone(child.pid)
    child.wait()


def test_a_run_stops_when_asked(run: Run) -> None:
    start(run, command=worker(run, STEPS_UNTIL_ASKED))
    wait_for(lambda: run.status() == "running")
    run.request("stop")
    wait_for(lambda: run.status() == "stopped")


def test_from_start_to_end_the_run_never_looks_queued_or_lost(run: Run) -> None:
    seen: list[str] = []
    start(run, command=worker(run, "time.sleep(0.2); " + FINISHES))
    while not seen or seen[-1] != "finished":
        state = run.status()
        if not seen or seen[-1] != state:
            seen.append(state)
    assert seen in (["starting", "running", "finished"], ["running", "finished"])


def test_a_reader_sees_every_event_once_while_they_are_written(run: Run) -> None:
    start(run, command=worker(run, STEPS_UNTIL_ASKED))
    steps: list[int] = []
    offset = 0
    watcher = run_at(run.path)
    while len(steps) < 200:
        events, offset = watcher.events(offset, kinds=("step",))
        steps += [event["step"] for event in events]
    run.request("stop")
    wait_for(lambda: run.status() == "stopped")
    events, _ = watcher.events(offset, kinds=("step",))
    steps += [event["step"] for event in events]
    assert steps == list(range(len(steps)))


def test_a_run_that_runs_cannot_be_started_again(run: Run) -> None:
    start(run, command=worker(run, STEPS_UNTIL_ASKED))
    with pytest.raises(BadRun, match="another process"):
        start(run, command=worker(run, FINISHES))
    wait_for(lambda: run.status() == "running")


def test_a_program_that_is_not_there_is_a_failed_run(run: Run) -> None:
    with pytest.raises(BadRun, match="could not be started"):
        start(run, command=["/nowhere/python"])
    assert run.status() == "failed"
    assert not is_locked(run.path / "lock")


def test_the_run_outlives_the_process_that_started_it(run: Run) -> None:
    server = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys; from pathlib import Path; from segcore.runs import run_at, start\n"
            "print(start(run_at(Path(sys.argv[1])), command=sys.argv[2:]))",
            str(run.path),
            *worker(run, STEPS_UNTIL_ASKED),
        ],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
    )
    pid = int(server.stdout)
    wait_for(lambda: run.status() == "running")
    assert os.getsid(pid) == pid, "a session of its own: no Ctrl-C from the terminal of the server reaches it"


def test_programs_that_the_worker_starts_have_no_part_in_its_lock(run: Run) -> None:
    """Otherwise a forgotten grandchild would make a dead run look alive."""
    body = """
    import subprocess
    grandchild = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(30)"], close_fds=False)
    run.emit("note", pid=grandchild.pid)
    """
    start(run, command=worker(run, body))
    wait_for(lambda: run.status() == "lost")
    event = run.last("note")
    assert event is not None
    os.kill(event["pid"], signal.SIGKILL)  # fails when it is gone, and then the test has shown nothing


def test_looking_does_not_get_in_the_way_of_taking(tmp_path: Path) -> None:
    """Whoever looks holds the lock for some microseconds; a run must not fail to start because of it."""
    looker = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import sys; from pathlib import Path; from segcore.runs.lock import is_locked\n"
            "print(flush=True)\nwhile True: is_locked(Path(sys.argv[1]))",
            str(tmp_path / "lock"),
        ],
        cwd=Path(__file__).parents[2],
        stdout=subprocess.PIPE,
    )
    assert looker.stdout is not None
    looker.stdout.readline()
    try:
        for _ in range(100):
            taken = take_lock(tmp_path / "lock")
            assert taken is not None
            taken.close()
    finally:
        looker.kill()
        looker.communicate()


def test_starting_and_reading_runs_needs_neither_torch_nor_numpy() -> None:
    code = "import sys, segcore.runs; print(sorted({'torch', 'numpy', 'pydantic'} & set(sys.modules)))"
    answer = subprocess.run(
        [sys.executable, "-c", code], cwd=Path(__file__).parents[2], capture_output=True, text=True, check=True
    )
    assert answer.stdout == "[]\n"
