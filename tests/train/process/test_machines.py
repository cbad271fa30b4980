"""Two machines, played by two homes on this one: each has a run of its own, and only the first keeps what is learnt."""

import socket
import time

import pytest
import torch
from safetensors.torch import load_file

from segcore.runs import new_run, resume, start
from segcore.train import make_config
from segcore.train.process.worker import run_worker
from tests.train.small import SMALL, run_of, steps, vals

pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]


def free_port():
    with socket.socket() as place:
        place.bind(("127.0.0.1", 0))
        return place.getsockname()[1]


@pytest.fixture
def machines(tmp_path):
    """Makes the two runs; keywords are settings, and ``second`` holds those that differ on the second machine."""

    def made(*, second=None, **changes):
        together = {"nodes": 2, "rendezvous": f"127.0.0.1:{free_port()}", **changes}
        settings = [together | {"node_rank": 0}, together | {"node_rank": 1} | (second or {})]
        return [
            new_run(make_config(SMALL | each).to_json(), name="run", root=tmp_path / f"machine-{number}")
            for number, each in enumerate(settings)
        ]

    return made


def until_the_end(runs, ending, seconds=600):
    deadline = time.monotonic() + seconds
    while any(run.status() in ("starting", "running", "stopping", "queued") for run in runs):
        assert time.monotonic() < deadline, [run.log_path.read_text() for run in runs]
        time.sleep(0.1)
    assert [run.status() for run in runs] == [ending] * 2, [run.last("state") for run in runs]


def test_two_machines_give_the_weights_of_one(machines):
    options = {"options": {"width": 4, "depth": 2, "norm": "group"}, "optimiser": "sgd", "learning_rate": 0.1}
    first, second = runs = machines(**options)
    start(second)
    start(first)
    until_the_end(runs, "finished")
    one = run_of(**options)
    assert run_worker(one) == "finished"
    alone, together = (load_file(run.checkpoint_path("last")) for run in (one, first))
    for name in alone:
        torch.testing.assert_close(alone[name], together[name], atol=1e-6, rtol=1e-5)
    assert len(steps(first)) == 9
    assert (steps(second), vals(second)) == ([], []), "what was learnt is told by the first machine alone"
    assert not second.checkpoint_path("last").exists()
    assert second.last("setup")["processes"] == 2


def test_a_stop_on_the_second_machine_stops_both_and_both_go_on(machines):
    first, second = runs = machines(epochs=100_000, samples=0)
    for run in runs:
        start(run)
    while first.last("step") is None:
        assert first.status() != "failed", first.last("state")
        time.sleep(0.05)
    second.request("stop")
    until_the_end(runs, "stopped")
    done = len(steps(first))
    for run in runs:
        run.amend({"epochs": done // 3 + 2})
        resume(run)
    until_the_end(runs, "finished")
    assert [event["step"] for event in steps(first)] == list(range(3 * (done // 3 + 2)))


def test_machines_that_were_told_different_things_say_so(machines):
    runs = machines(second={"learning_rate": 0.5})
    for run in runs:
        start(run)
    until_the_end(runs, "failed")
    for run in runs:
        assert run.cause() == "settings"
        assert "learning_rate (0.001 and 0.5)" in run.last("state")["reason"]


def test_a_machine_that_waits_for_the_other_can_be_stopped(machines):
    first, _ = machines()
    start(first)
    time.sleep(12)  # long enough to come up and wait; if it does not wait yet, it stops all the same
    assert first.status() == "starting"
    first.request("pause")
    deadline = time.monotonic() + 60
    while first.status() != "paused":
        assert time.monotonic() < deadline, first.log_path.read_text()
        time.sleep(0.1)
