"""What really goes wrong, in data and processes that are really there: each has its own cause, sentence and facts."""

import os
import signal
import sys
import time

import numpy as np
import psutil
import pytest
from PIL import Image

from segcore.runs import start
from segcore.runs.queue import waiting
from segcore.train.process.worker import run_worker
from tests.train.small import run_of, steps, vals

LEAVES = {"val_share": 0.25, "batch_size": 3, "epochs": 3, "samples": 0}


@pytest.fixture
def leaves(tmp_path):
    """A dataset of eight images in two classes."""
    folder = tmp_path / "leaves"
    for part in ("images", "masks"):
        (folder / part).mkdir(parents=True)
    (folder / "classes.json").write_text('{"classes": ["background", "leaf"]}')
    for index in range(8):
        mask = np.zeros((32, 32), np.uint8)
        mask[index : index + 16, 8:24] = 1
        Image.fromarray(np.repeat(mask[..., None] * np.uint8(150), 3, axis=2)).save(folder / f"images/{index}.png")
        Image.fromarray(mask).save(folder / f"masks/{index}.png")
    return folder


def failure(run):
    """The last word of a run that has failed."""
    assert run.status() == "failed", run.last("state")
    return run.last("state")


@pytest.mark.parametrize("workers", [0, 1])
def test_data_that_vanishes_is_named_and_the_run_goes_on_when_it_is_back(leaves, workers):
    run = run_of(data=[str(leaves)], workers=workers, **LEAVES)
    elsewhere = leaves.with_name("elsewhere")

    def unplug(kind, facts):
        if kind == "val" and facts["epoch"] == 0:
            leaves.rename(elsewhere)

    assert run_worker(run, watch=unplug) == "failed"
    word = failure(run)
    assert word["cause"] == "data_vanished"
    assert str(leaves) in word["reason"] and "drive" in word["reason"]
    assert word["facts"]["file"].startswith(str(leaves))
    assert (word["facts"]["saved_epoch"], word["facts"]["saved_step"]) == (1, 0)
    assert run_worker(run, again=True) == "failed", "it is still gone"
    assert failure(run)["cause"] == "data_vanished"
    elsewhere.rename(leaves)
    assert run_worker(run, again=True) == "finished"
    assert [event["epoch"] for event in vals(run)] == [0, 1, 2]


@pytest.mark.parametrize("workers", [0, 1])
def test_an_unknown_label_is_named_with_its_file_and_the_classes(leaves, workers):
    mask = np.zeros((32, 32), np.uint8)
    mask[4, 5:8] = (7, 9, 255)
    Image.fromarray(mask).save(leaves / "masks" / "3.png")
    run = run_of(data=[str(leaves)], workers=workers, **LEAVES)
    assert run_worker(run) == "failed"
    word = failure(run)
    assert word["cause"] == "unknown_label"
    assert all(part in word["reason"] for part in ("3.png", "7, 9", "0 background, 1 leaf", "data check"))
    facts = {"file": str(leaves / "masks" / "3.png"), "values": [7, 9], "classes": ["background", "leaf"]}
    assert facts.items() <= word["facts"].items()


@pytest.mark.parametrize("workers", [0, 1])
def test_a_mask_of_colours_is_told_from_a_loader_process_too(leaves, workers):
    Image.fromarray(np.zeros((32, 32, 3), np.uint8)).save(leaves / "masks" / "3.png")
    run = run_of(data=[str(leaves)], workers=workers, **LEAVES)
    assert run_worker(run) == "failed"
    assert failure(run)["cause"] == "unknown_label"
    assert failure(run)["facts"]["kind"] == "colour_mask"


def test_a_broken_image_is_data(leaves):
    (leaves / "images" / "3.png").write_bytes(b"no picture")
    run = run_of(data=[str(leaves)], **LEAVES)
    assert run_worker(run) == "failed"
    assert failure(run)["cause"] == "data"
    assert "3.png" in failure(run)["reason"]


def wait_for(condition, run, seconds=120):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, run.log_path.read_text()
        time.sleep(0.02)


@pytest.mark.skipif(sys.platform != "linux", reason="loader processes are forked on Linux")
def test_a_dead_loader_process_is_told_and_does_not_end_the_run():
    """Loader processes of an epoch: the first one is killed as the system does it when memory runs out."""
    run = run_of(workers=1, epochs=2, samples=0, data=["shapes:80:32"])
    killed = []

    def kill_a_loader(kind, facts):
        if kind == "step" and not killed:
            loaders = psutil.Process().children()
            loaders[0].kill()
            killed.append(loaders[0].pid)

    assert run_worker(run, watch=kill_a_loader) == "finished"
    warning = run.last("warning")
    assert warning["cause"] == "loader"
    assert "workers to 0" in warning["reason"]
    assert [event["step"] for event in steps(run)] == list(range(40))


def test_what_fails_in_a_loader_process_is_not_taken_for_data(monkeypatch):
    from segcore.data.transforms import TrainTransform

    def broken(self, *arguments, **options):
        raise RuntimeError("unable to open shared memory object")

    monkeypatch.setattr(TrainTransform, "__call__", broken)
    run = run_of(workers=1)
    assert run_worker(run) == "failed"
    assert failure(run)["cause"] == "loader"
    assert "shared memory object" in failure(run)["reason"]


SHORT_OF_MEMORY = """
import resource, sys
import segcore.train.process.worker as worker
pages = int(open("/proc/self/statm").read().split()[0])
limit = pages * resource.getpagesize() + 1_300_000_000
resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
sys.exit(worker.main(sys.argv[1:]))
"""


@pytest.mark.long
@pytest.mark.skipif(sys.platform != "linux", reason="memory is limited as Linux does it")
@pytest.mark.parametrize("policy", ["stop", "halve_batch"])
def test_memory_that_really_runs_out(policy):
    run = run_of(size=512, batch_size=16, epochs=1, on_out_of_memory=policy, options={"width": 8, "depth": 2})
    start(run, command=[sys.executable, "-c", SHORT_OF_MEMORY, str(run.path)])
    wait_for(lambda: run.status() in ("failed", "finished", "lost"), run)
    if policy == "stop":
        assert failure(run)["cause"] == "out_of_memory"
        assert failure(run)["facts"]["batch_size"] == 16
    else:
        assert run.status() == "finished", run.last("state")
        assert run.last("amended")["cause"] == "out_of_memory"
        assert run.plan["batch_size"] * run.plan["accumulate"] == 16


@pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX")
def test_sigterm_saves_and_stops_and_a_waiting_run_leaves_the_line():
    run, second = run_of(epochs=100_000, samples=0), run_of(epochs=100_000, samples=0)
    pids = [start(run)]
    wait_for(lambda: run.last("step") is not None, run)
    pids.append(start(second))
    wait_for(lambda: waiting("cpu") == [second.name], second)
    os.kill(pids[1], signal.SIGTERM)
    wait_for(lambda: second.status() == "stopped", second)
    assert second.cause() == "terminated"
    os.kill(pids[0], signal.SIGTERM)
    wait_for(lambda: run.status() == "stopped", run)
    assert run.cause() == "terminated"
    assert "SIGTERM" in run.last("state")["reason"]
    done = run.last("step")["step"]
    run.amend({"epochs": done // 3 + 1})
    assert run_worker(run, again=True) == "finished"
    assert [event["step"] for event in steps(run)] == list(range(3 * (done // 3 + 1))), "nothing was done twice"
    assert run.last("resumed")["step"] == done + 1
