"""What would end a training is named by its cause, and mended by itself where the configuration says so."""

import errno
import os

import pytest
import torch
from safetensors.torch import load_file

from segcore.train import loop
from segcore.train.process.worker import run_worker
from segcore.train.step import StepResult
from tests.train.small import run_of


def break_step(monkeypatch, broken):
    """Put ``broken(parts, batches, step)`` before every step; a true answer makes its weights and loss NaN."""
    step_itself = loop.train_step

    def step(parts, batches, number):
        if broken(parts, batches, number):
            with torch.no_grad():
                next(parts.net.parameters()).fill_(torch.nan)
            return StepResult(torch.tensor(torch.nan), torch.tensor(torch.nan), 0.0)
        return step_itself(parts, batches, number)

    monkeypatch.setattr(loop, "train_step", step)


def finite(path):
    return all(bool(tensor.isfinite().all()) for tensor in load_file(path).values() if tensor.is_floating_point())


def test_nan_ends_a_run_and_leaves_good_weights(monkeypatch):
    break_step(monkeypatch, lambda parts, batches, step: step == 4)
    run = run_of()
    assert run_worker(run) == "failed"
    assert run.last("state")["cause"] == "nan"
    assert finite(run.resume_path)
    assert finite(run.checkpoint_path("last"))


def test_nan_between_two_logged_steps_is_found_before_anything_is_saved(monkeypatch):
    break_step(monkeypatch, lambda parts, batches, step: step == 4)
    run = run_of(log_every_steps=1000)
    assert run_worker(run) == "failed"
    assert run.last("state")["cause"] == "nan"
    assert finite(run.resume_path)


def test_nan_rolls_back_with_half_the_rate_by_choice(monkeypatch):
    break_step(monkeypatch, lambda parts, batches, step: step == 4 and parts.config.learning_rate > 0.0003)
    run = run_of(on_nan="roll_back", learning_rate=0.001)
    assert run_worker(run) == "finished"
    assert run.plan["learning_rate"] == 0.00025
    changes = [event for event in run.timeline(["amended"]) if event["kind"] == "amended"]
    assert [event["cause"] for event in changes] == ["nan", "nan"]
    assert run.last("resumed")["epoch"] == 1, "the first epoch was good"
    assert [event["epoch"] for event in run.timeline(["val"]) if event["kind"] == "val"] == [0, 1, 2]
    steps = [event["step"] for event in run.timeline(["step"]) if event["kind"] == "step"]
    assert steps == list(range(len(steps)))


def test_a_rate_is_not_halved_for_ever(monkeypatch):
    break_step(monkeypatch, lambda parts, batches, step: True)
    run = run_of(on_nan="roll_back")
    assert run_worker(run) == "failed"
    assert run.last("state")["cause"] == "nan"
    assert run.plan["learning_rate"] == pytest.approx(0.001 / 2**6)


def out_of_memory_above(images):
    def broken(parts, batches, step):
        if len(batches[0].names) > images:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 1.00 GiB")
        return False

    return broken


def test_out_of_memory_halves_the_batch_by_choice(monkeypatch):
    break_step(monkeypatch, out_of_memory_above(1))
    run = run_of(on_out_of_memory="halve_batch")
    assert run_worker(run) == "finished"
    assert (run.plan["batch_size"], run.plan["accumulate"]) == (1, 4)
    assert run.spec["batch_size"] == 4


@pytest.mark.parametrize(("policy", "images"), [("stop", 2), ("halve_batch", 0)])
def test_out_of_memory_is_said(policy, images, monkeypatch):
    break_step(monkeypatch, out_of_memory_above(images))
    run = run_of(on_out_of_memory=policy)
    assert run_worker(run) == "failed"
    assert run.last("state")["cause"] == "out_of_memory"
    assert "batch_size" in run.last("state")["reason"]


def test_a_full_disk_is_said_and_leaves_what_was_saved(monkeypatch):
    """Full from the second epoch on, for everything but the last word."""
    run = run_of()
    saved = []
    sync = os.fsync

    def watch(kind, facts):
        if kind == "val" and facts["epoch"] == 1:
            saved.append(run.resume_path.read_bytes())

            def full(descriptor):
                if (run.path / "reserve").exists():
                    raise OSError(errno.ENOSPC, "No space left on device")
                sync(descriptor)

            monkeypatch.setattr(os, "fsync", full)

    assert run_worker(run, watch=watch) == "failed"
    assert run.last("state")["cause"] == "disk_full"
    assert "free some space" in run.last("state")["reason"]
    assert run.resume_path.read_bytes() == saved[0]
    assert not list(run.path.rglob("*.part"))
    monkeypatch.setattr(os, "fsync", sync)
    assert run_worker(run, again=True) == "finished"
    assert [event["epoch"] for event in run.timeline(["val"]) if event["kind"] == "val"] == [0, 1, 2]


def test_data_that_is_gone_has_a_cause():
    run = run_of(data=["no/such/folder"])
    assert run_worker(run) == "failed"
    assert run.last("state")["cause"] == "data_vanished"
