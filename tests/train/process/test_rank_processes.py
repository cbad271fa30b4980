"""Two real ranks live and die: nobody waits for ever, nothing trains on unseen, and the run says why it ended."""

import os
import signal
import sys
import time

import psutil
import pytest
import torch
from safetensors.torch import load_file

from segcore.runs import resume, start
from segcore.runs.lock import is_locked
from segcore.train.process.worker import run_worker
from tests.train.small import run_of, steps

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX"),
    pytest.mark.timeout(900),  # most of it is starting processes, which takes its time on a busy machine
]

ENDLESS = {"devices": 2, "epochs": 100_000, "save_every_minutes": 1e-9, "samples": 0}
"""Saved after every step."""


def wait_for(condition, run, seconds=240):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, run.log_path.read_text()
        time.sleep(0.02)


def ranks_of(pid):
    """The two ranks that the process of a run has started, the first one first."""
    return [child for child in psutil.Process(pid).children() if "spawn_main" in " ".join(child.cmdline())]


def under_way(run, pid, more=2):
    """Wait until the run has done some steps; returns its ranks."""
    before = len(steps(run))
    wait_for(lambda: len(steps(run)) >= before + more or run.status() == "failed", run)
    assert run.status() == "running", run.last("state")
    return ranks_of(pid)


def gone(run, ranks):
    """Nothing of the run is left: no rank, no lock."""
    wait_for(lambda: not any(rank.is_running() and rank.status() != psutil.STATUS_ZOMBIE for rank in ranks), run, 40)
    wait_for(lambda: not is_locked(run.path / "lock"), run)


def test_the_death_of_one_rank_ends_the_run():
    run = run_of(**ENDLESS)
    ranks = under_way(run, pid := start(run))
    assert len(ranks) == 2
    ranks[1].kill()
    wait_for(lambda: run.status() == "failed", run)
    assert run.cause() == "killed"
    facts = run.last("state")["facts"]
    assert facts["batch_size"] == 4
    assert facts["saved_step"] + 3 * facts["saved_epoch"] <= len(steps(run))
    gone(run, ranks)
    wait_for(lambda: not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE, run)


@pytest.mark.long
def test_a_run_of_two_ranks_is_stopped_and_goes_on():
    run = run_of(**ENDLESS)
    for pid in (start(run), None):
        ranks = under_way(run, pid or resume(run))
        run.request("stop")
        wait_for(lambda: run.status() == "stopped", run)
        gone(run, ranks)
        assert run.cause() == ""
    assert [event["step"] for event in steps(run)] == list(range(len(steps(run))))


@pytest.mark.long
def test_ranks_do_not_outlive_the_process_of_the_run():
    """Killed twice, and every time it goes on; in the end the weights are those of a run that nobody killed."""
    options = {
        "devices": 2,
        "epochs": 5,
        "save_every_minutes": 1e-9,
        "samples": 0,
        "options": {"width": 4, "depth": 2, "dropout": 0.5},
    }
    whole, killed = run_of(**options), run_of(**options)
    pid = start(killed)
    for _ in range(2):
        ranks = under_way(killed, pid)
        os.kill(pid, signal.SIGKILL)
        gone(killed, ranks)
        assert (killed.status(), killed.cause()) == ("lost", "killed")
        pid = resume(killed)
    wait_for(lambda: killed.status() == "finished", killed)
    assert run_worker(whole) == "finished"
    first, second = (load_file(run.resume_path) for run in (whole, killed))
    assert [name for name in first if not torch.equal(first[name], second[name])] == []


@pytest.mark.long
@pytest.mark.parametrize("who", ["process", "rank"])
def test_sigterm_saves_and_stops_all(who):
    run = run_of(**ENDLESS)
    ranks = under_way(run, pid := start(run))
    os.kill(pid if who == "process" else ranks[1].pid, signal.SIGTERM)
    wait_for(lambda: run.status() == "stopped", run, seconds=28)  # after 30 the engine would have killed them
    assert run.cause() == "terminated"
    gone(run, ranks)
    assert run.checkpoint_path("last").exists()


@pytest.mark.long
def test_ctrl_c_ends_all_at_once():
    run = run_of(**ENDLESS)
    ranks = under_way(run, pid := start(run))
    os.kill(pid, signal.SIGINT)
    wait_for(lambda: run.status() == "stopped", run)
    assert run.cause() == "interrupted"
    gone(run, ranks)
    assert run.resume_path.exists()
