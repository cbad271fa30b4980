"""Going on is exact: a run that was killed, stopped or paused ends with the same weights as one that was not."""

import os
import random
import signal
import sys
import time

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from segcore.errors import BadRun
from segcore.runs import new_run, resume, run_at, start
from segcore.train import build, make_config
from segcore.train.process.resume import load_state, restore, save_state
from segcore.train.process.worker import run_worker
from tests.train import small
from tests.train.small import steps

SMALL = small.SMALL | {"options": {"width": 4, "depth": 2, "dropout": 0.5}, "ema": 0.9}
"""With dropout, so that the random state matters."""
OFTEN = 1e-9
"""Minutes between two saves: after every step."""


def run_of(**changes):
    return small.run_of(**SMALL | changes)


def all_numbers(run):
    """Weights, averages, optimiser and random states as they are after the last epoch; and the judged weights."""
    return load_file(run.resume_path) | load_file(run.checkpoint_path("last"))


def assert_same(first, second):
    numbers, others = all_numbers(first), all_numbers(second)
    assert numbers.keys() == others.keys()
    assert [name for name in numbers if not torch.equal(numbers[name], others[name])] == []
    mious = [[event["miou"] for event in run.timeline(["val"]) if event["kind"] == "val"] for run in (first, second)]
    assert mious[0] == mious[1]
    steps = [[event["loss"] for event in run.timeline(["step"]) if event["kind"] == "step"] for run in (first, second)]
    assert steps[0] == steps[1]


def ask_at(run, wanted_step, request):
    """A watcher that asks the run for something when it has done a step."""

    def watch(kind, facts):
        if kind == "step" and facts["step"] == wanted_step:
            run.request(request)

    return watch


@pytest.mark.parametrize(
    ("changes", "request_word", "ending", "at_step"),
    [
        ({}, "stop", "stopped", 3),
        ({"optimiser": "momentum", "schedule": "one_cycle", "accumulate": 2, "batch_size": 2}, "pause", "paused", 4),
        ({"optimiser": "sgd", "schedule": "plateau", "plateau_patience": 1}, "stop_after_epoch", "stopped", 1),
        ({"precision": "bf16", "channels_last": "on"}, "pause", "paused", 2),
    ],
    ids=["stop", "pause-accumulated-momentum", "after-epoch-plateau-sgd", "pause-bf16-channels-last"],
)
def test_a_run_that_was_asked_to_end_goes_on_exactly(changes, request_word, ending, at_step):
    whole, parted = run_of(**changes), run_of(**changes)
    assert run_worker(whole) == "finished"
    assert run_worker(parted, watch=ask_at(parted, at_step, request_word)) == ending
    assert parted.status() == ending
    random.random(), np.random.rand(), torch.rand(3)  # another process would be elsewhere in its random numbers
    assert run_worker(parted, again=True) == "finished"
    assert_same(whole, parted)


def test_after_this_epoch_means_with_its_validation():
    run = run_of()
    assert run_worker(run, watch=ask_at(run, 0, "stop_after_epoch")) == "stopped"
    assert [event["epoch"] for event in run.timeline(["val"])] == [0]
    saved = load_state(run.resume_path)
    assert (saved.epoch, saved.step) == (1, 0)


def draws():
    return random.gauss(0, 1), random.random(), np.random.standard_normal(), np.random.rand(), torch.rand(2).tolist()


def test_every_random_number_goes_on():
    parts = build(make_config(SMALL))
    random.seed(1), np.random.seed(2), torch.manual_seed(3)
    random.gauss(0, 1), np.random.standard_normal()  # both keep a second number for the next call
    place = new_run(SMALL).resume_path
    save_state(place, parts, epoch=0, step=0)
    expected = draws()
    random.seed(7), np.random.seed(7), torch.manual_seed(7)
    restore(parts, load_state(place))
    assert draws() == expected


def kill_at(run, pid, step):
    """SIGKILL as soon as the run has logged a step."""
    deadline = time.monotonic() + 120
    while (run.last("step") or {"step": -1})["step"] < step:
        assert time.monotonic() < deadline and run.status() != "failed", run.log_path.read_text()
        time.sleep(0.002)
    os.kill(pid, signal.SIGKILL)
    while run.status() != "lost":
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL is POSIX")
def test_a_killed_process_is_as_if_it_had_never_been_killed():
    """Twice, at steps that nobody chose."""
    options = {"epochs": 4, "workers": 1, "save_every_minutes": OFTEN}
    whole, killed = run_of(**options), run_of(**options)
    chance = random.Random(time.time_ns())
    kill_at(killed, start(killed), chance.randint(1, 4))
    assert run_worker(whole) == "finished"
    before = killed.last("step")["step"]
    kill_at(killed, resume(killed), before + chance.randint(1, 3))
    assert run_worker(killed, again=True) == "finished"
    assert_same(whole, killed)
    assert [event["kind"] for event in killed.timeline(["resumed"])] == ["resumed", "resumed"]


def test_a_run_that_was_killed_before_its_first_save_begins_anew():
    whole, broken = run_of(epochs=1), run_of(epochs=1)
    assert run_worker(whole) == "finished"
    with broken.hold():
        broken.emit("state", state="running")
        broken.emit("step", epoch=0, step=0, loss=1.0)
    assert broken.status() == "lost"
    assert run_worker(broken, again=True) == "finished"
    assert broken.last("resumed")["step"] == 0
    assert_same(whole, broken)


def test_a_longer_run_begins_where_the_shorter_ended():
    run = run_of(epochs=1, schedule="constant")
    assert run_worker(run) == "finished"
    run.amend({"epochs": 2})
    assert run_worker(run, again=True) == "finished"
    longer = run_of(epochs=2, schedule="constant")
    assert run_worker(longer) == "finished"
    assert_same(run, longer)


@pytest.mark.parametrize("damage", ["cut", "foreign", "other_classes"])
def test_a_saved_state_that_does_not_fit_is_said(damage):
    run = run_of(epochs=1)
    assert run_worker(run) == "finished"
    run.amend({"epochs": 2})
    if damage == "cut":
        run.resume_path.write_bytes(run.resume_path.read_bytes()[:1000])
    elif damage == "foreign":
        run.resume_path.write_bytes(run.checkpoint_path("last").read_bytes())
    else:
        run.amend({"classes": ["background", "circle"], "class_map": {"*": "background"}})
    assert run_worker(run, again=True) == "failed"
    reason = run.last("state")["reason"]
    assert "saved state" in reason
    assert "clone the run" in reason.lower()


def test_a_state_is_replaced_in_one_stroke(monkeypatch):
    """Whatever happens while it is written, the older state is still there, and nothing else."""
    run = run_of(epochs=1)
    assert run_worker(run) == "finished"
    before = run.resume_path.read_bytes()

    def no_space(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", no_space)
    parts = build(make_config(SMALL))
    with pytest.raises(OSError, match="No space"):
        save_state(run.resume_path, parts, epoch=9, step=9)
    assert run.resume_path.read_bytes() == before
    assert not list(run.path.rglob("*.part"))


def test_a_run_is_not_started_twice_by_mistake():
    run = run_of(epochs=1)
    assert run_worker(run) == "finished"
    with pytest.raises(BadRun, match="runs resume"):
        run_worker(run_at(run.path))


def test_a_saved_state_with_nan_is_refused():
    run = run_of(epochs=1)
    assert run_worker(run) == "finished"
    tensors, header = load_file(run.resume_path), safe_open(run.resume_path, "pt").metadata()
    name = next(name for name in tensors if name.startswith("model.") and name.endswith("weight"))
    tensors[name].view(-1)[0] = float("nan")
    save_file(tensors, run.resume_path, metadata=header)
    run.amend({"epochs": 2})
    assert run_worker(run, again=True) == "failed"
    assert run.last("state")["cause"] == "state"
    assert name in run.last("state")["reason"]


def test_resuming_in_the_middle_is_one_line_and_the_same_rates():
    """Stopped after step 100 of 150: the rates, and the weights, are those of a training that was not stopped."""
    changes = {"data": ["shapes:50:32"], "batch_size": 1, "samples": 0, "schedule": "cosine", "warmup": 0.5}
    whole, parted = run_of(**changes), run_of(**changes)
    assert run_worker(whole) == "finished"
    stop_at(parted, 100)
    resumed = [event for event in parted.events()[0] if event["kind"] == "resumed"]
    assert [event["step"] for event in resumed] == [101]
    assert [event["rate"] for event in steps(parted)] == [event["rate"] for event in steps(whole)]
    assert len(steps(parted)) == 150


def stop_at(run, step):
    """Stop a run after a step, and resume it."""

    def stop(kind, facts):
        if kind == "step" and facts["step"] == step:
            run.request("stop")

    assert run_worker(run, watch=stop) == "stopped"
    assert run_worker(run, again=True) == "finished"
