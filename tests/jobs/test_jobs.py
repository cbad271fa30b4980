"""Real processes: a short job finishes, fails, is cancelled, is killed, and is found again by its question."""

import importlib
import json
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from segcore import paths
from segcore.jobs import JOBS, JobCard, find_job, is_active, job_progress, job_result, start, start_job
from segcore.jobs.start import RESULT, fingerprint
from segcore.runs import Run, list_runs
from tests.jobs import stand_ins

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals and inherited locks are POSIX")

SUM = {"a": 1, "b": 2}


@pytest.fixture(autouse=True)
def pids(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    monkeypatch.setenv("SEGCORE_HOME", str(tmp_path / "home"))
    return stand_ins.install(monkeypatch)


def wait_for(condition: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "nothing happened"
        time.sleep(0.01)


def ended(run: Run) -> str:
    wait_for(lambda: not is_active(run))
    return run.status()


def test_a_job_answers_and_its_answer_is_found_again(pids: list[int]) -> None:
    assert find_job("adds", SUM) is None
    run = start_job("adds", SUM)
    assert ended(run) == "finished"
    assert job_result(run) == {"sum": 3, "nothing": None}
    assert (run.path / "note.txt").read_text() == "beside the answer"
    assert run.path.parent == paths.jobs_dir()
    assert list_runs() == [], "no training"

    again = start_job("adds", {"b": 2, "a": 1})  # the order of the settings is no other question
    assert again.path == run.path and len(pids) == 1
    assert find_job("adds", {"a": 1, "b": 3}) is None


def test_again_computes_anew(pids: list[int]) -> None:
    first = start_job("adds", SUM)
    assert ended(first) == "finished"
    second = start_job("adds", SUM, again=True)
    assert ended(second) == "finished"
    assert second.path == first.path and len(pids) == 2
    events, _ = second.events(kinds=("state",))
    assert [event["state"] for event in events] == ["starting", "running", "finished"], "nothing is left of the first"


def test_a_mistake_of_the_user_is_a_sentence() -> None:
    run = start_job("refuses", {})
    assert ended(run) == "failed"
    assert run.last("state")["reason"] == "photo.jpg is no picture. Choose another."
    assert "Traceback" not in run.log_path.read_text()
    assert job_result(run) is None


def test_our_own_mistake_is_named_and_its_traceback_is_in_the_log() -> None:
    run = start_job("breaks", {})
    assert ended(run) == "failed"
    assert run.last("state")["reason"].startswith("ZeroDivisionError: nobody expected this.")
    assert "Traceback" in run.log_path.read_text()


def test_a_job_that_failed_is_done_anew(pids: list[int]) -> None:
    assert ended(start_job("refuses", {})) == "failed"
    assert ended(start_job("refuses", {})) == "failed"
    assert len(pids) == 2


def test_a_job_tells_how_far_it_is_and_is_cancelled(pids: list[int]) -> None:
    run = start_job("waits", {})
    wait_for(lambda: job_progress(run).done > 10)
    assert start_job("waits", {}).path == run.path, "it goes on; nothing is started twice"
    assert len(pids) == 1
    progress = job_progress(run)
    assert progress.doing == "waiting" and 0 < progress.share < 1
    assert progress.left is not None and progress.left > 0
    assert len(run.events(kinds=("progress",))[0]) < 100, "a few a second, not every one"
    run.request("stop")
    assert ended(run) == "stopped"
    assert job_result(run) is None and not (run.path / RESULT).exists()


def test_a_job_that_was_killed_is_lost_and_can_be_started_again(pids: list[int]) -> None:
    run = start_job("waits", {})
    wait_for(lambda: run.status() == "running")
    os.kill(pids[0], signal.SIGKILL)
    assert ended(run) == "lost"
    again = start_job("waits", {})
    wait_for(lambda: again.status() == "running")
    again.request("stop")
    assert ended(again) == "stopped"


def test_one_that_was_made_and_never_started_is_started(monkeypatch: pytest.MonkeyPatch, pids: list[int]) -> None:
    """As a server leaves it that dies between the two."""

    def dies(run: Run, *, module: str) -> int:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(start, "start", dies)
        start_job("adds", SUM)
    made = find_job("adds", SUM)
    assert made is not None and not is_active(made)
    assert ended(start_job("adds", SUM)) == "finished"


def test_the_answer_belongs_to_the_files_and_to_the_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = tmp_path / "data"
    (data / "images").mkdir(parents=True)
    run = start_job("adds", SUM, files=[data])
    assert ended(run) == "finished"
    assert find_job("adds", SUM, files=[data]) is not None
    assert find_job("adds", SUM) is None
    before = fingerprint([data])
    (data / "images" / "new.png").write_bytes(b"")
    assert fingerprint([data]) != before
    assert find_job("adds", SUM, files=[data]) is None
    assert fingerprint([tmp_path / "not there"]) == fingerprint([tmp_path / "not there"])

    assert ended(start_job("adds", SUM)) == "finished"
    monkeypatch.setitem(JOBS, "adds", JobCard(JOBS["adds"].work, version=2))
    assert find_job("adds", SUM) is None


def test_a_damaged_answer_is_no_answer() -> None:
    run = start_job("adds", SUM)
    assert ended(run) == "finished"
    (run.path / RESULT).write_text('{"sum": ')
    assert job_result(run) is None
    assert ended(start_job("adds", SUM)) == "finished"
    assert json.loads((run.path / RESULT).read_text())["sum"] == 3


def test_the_oldest_make_room_but_never_one_that_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(start, "KEPT", 2)
    running = start_job("waits", {})
    wait_for(lambda: running.status() == "running")
    jobs = [running]
    for a in range(3):
        jobs.append(start_job("adds", {"a": a, "b": 0}))
        assert ended(jobs[-1]) == "finished"
        past = time.time() - 100 + a
        os.utime(jobs[-1].path / "spec.json", (past, past))
        os.utime(running.path / "spec.json", (past - 100, past - 100))
    assert [run.path.exists() for run in jobs] == [True, False, True, True]
    running.request("stop")
    assert ended(running) == "stopped"


@pytest.mark.parametrize("name", [name for name in JOBS if name not in stand_ins.CARDS])
def test_every_job_has_its_function(name: str) -> None:
    module, _, function = JOBS[name].work.partition(":")
    assert callable(getattr(importlib.import_module(module), function))
    assert len(name) <= 40
