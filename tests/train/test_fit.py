"""Training itself: it learns, it stops, it says what went wrong, and it repeats itself exactly."""

import json

import pytest
import torch
from safetensors.torch import load_file

from segcore.checkpoint import load_card
from segcore.data import open_dataset, subset
from segcore.train import Callbacks, build, fit, make_config
from segcore.train.process.worker import run_worker
from segcore.train.training_data import Data
from tests.train import small

SMALL = small.SMALL | {"options": {"width": 8, "depth": 3}, "data": ["shapes:12"], "size": 64, "epochs": 2}


def run_of(**changes):
    return small.run_of(**SMALL | changes)


def test_eight_images_are_learnt_by_heart():
    config = make_config(
        SMALL
        | {
            "options": {"width": 16, "depth": 2},
            "data": ["shapes:8:32"],
            "size": 32,
            "epochs": 80,
            "learning_rate": 0.005,
            "augmentation": {"scale_min": 1, "scale_max": 1, "flip": 0},
            "schedule": "one_cycle",
        }
    )
    parts = build(config)
    eight = subset(open_dataset("shapes:8:32", "train"), range(8))
    parts.data = Data(train=eight, val=eight, credits=[])
    parts.steps_per_epoch = 2
    state = fit(parts, Callbacks())
    assert state == "finished"
    assert max(parts.history) > 0.95


def test_a_run_leaves_events_and_two_checkpoints():
    run = run_of()
    assert run_worker(run) == "finished"
    assert run.status() == "finished"
    events, _ = run.events()
    kinds = [event["kind"] for event in events]
    assert kinds.count("val") == 2
    assert [event["state"] for event in events if event["kind"] == "state"] == ["starting", "running", "finished"]
    steps = [event for event in events if event["kind"] == "step"]
    assert [event["step"] for event in steps] == list(range(len(steps)))
    assert all(event["loss"] > 0 and event["gradient_norm"] > 0 for event in steps)
    best = max((event for event in events if event["kind"] == "val"), key=lambda event: event["miou"])
    card = load_card(run.checkpoint_path("best"))
    assert card.scores[0].value == pytest.approx(best["miou"])
    assert card.architecture == "unet"
    assert run.checkpoint_path("last").is_file()


def weights_of(run):
    return load_file(run.checkpoint_path("last"))


def same(first, second):
    return first.keys() == second.keys() and all(torch.equal(first[name], second[name]) for name in first)


def test_the_same_seed_gives_the_same_weights_and_another_does_not():
    first, second, other = run_of(seed=3), run_of(seed=3, workers=1), run_of(seed=4)
    for run in (first, second, other):
        assert run_worker(run) == "finished"
    assert same(weights_of(first), weights_of(second))
    assert not same(weights_of(first), weights_of(other))


def test_two_accumulated_batches_are_one_large_batch():
    """GroupNorm, because BatchNorm's statistics do see the batch; border pixels are ignored, so shares differ."""
    options = {"width": 8, "depth": 3, "norm": "group"}
    plain = {"options": options, "epochs": 1, "optimiser": "sgd", "learning_rate": 0.1, "data": ["shapes:8"]}
    whole, halves = run_of(**plain, batch_size=4), run_of(**plain, batch_size=2, accumulate=2)
    assert run_worker(whole) == run_worker(halves) == "finished"
    first, second = weights_of(whole), weights_of(halves)
    for name in first:
        torch.testing.assert_close(first[name], second[name], atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize(
    "changes",
    [
        {"optimiser": "sgd", "schedule": "cosine", "warmup": 0.5},
        {"optimiser": "momentum", "schedule": "plateau", "plateau_patience": 1},
        {"optimiser": "adam", "l1": 1e-6, "clip_norm": 1.0},
        {"ema": 0.9, "class_weights": "median_frequency", "loss": "ce_dice"},
        {"precision": "bf16", "channels_last": "on"},
        {"model": "pspnet", "options": {"encoder": "resnet18"}, "batch_size": 2, "size": 48, "epochs": 1},
        {
            "model": "deeplabv3plus",
            "options": {"encoder": "mobilenet_v2", "aspp_width": 16},
            "encoder_rate": 0.1,
            "freeze": "norm",
            "epochs": 1,
        },
    ],
    ids=lambda changes: "-".join(str(value) for value in changes.values() if isinstance(value, str))[:40],
)
def test_every_setting_trains(changes):
    run = run_of(**changes)
    assert run_worker(run) == "finished", run.last("state")


def test_frozen_encoder_keeps_every_number():
    options = {"encoder": "mobilenet_v2", "aspp_width": 16}
    config = make_config(SMALL | {"model": "deeplabv3plus", "options": options, "freeze": "encoder", "epochs": 1})
    parts = build(config)
    before = {name: value.clone() for name, value in parts.net.encoder.state_dict().items()}
    fit(parts, Callbacks())
    after = parts.net.encoder.state_dict()
    assert all(torch.equal(before[name], after[name]) for name in before)


def test_a_wish_to_stop_is_followed_and_the_weights_are_kept():
    run = run_of(epochs=50)

    def stop_after_the_third_step(kind, facts):
        if kind == "step" and facts["step"] == 3:
            run.request("stop")

    assert run_worker(run, watch=stop_after_the_third_step) == "stopped"
    assert run.status() == "stopped"
    assert run.last("step")["step"] <= 4
    assert load_card(run.checkpoint_path("last")).scores == ()
    assert run.checkpoint_path("last").is_file()


def test_early_stop():
    run = run_of(epochs=30, learning_rate=1e-9, optimiser="sgd", early_stop=2)
    assert run_worker(run) == "finished"
    assert run.last("val")["epoch"] < 10


def test_a_diverging_run_fails_with_a_sentence():
    run = run_of(optimiser="sgd", learning_rate=100, epochs=20, options={"width": 8, "depth": 3, "norm": "none"})
    state = run_worker(run)
    reason = run.last("state").get("reason", "")
    assert state == "failed"
    assert "learning rate 1e+02" in reason or "norm" in reason


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"data": ["no/such/folder"]}, ["no/such/folder"]),
        ({"freeze": "encoder"}, ["encoder", "freeze"]),
        ({"classes": ["background", "wheel"]}, ["wheel", "--map"]),
        ({"device": "cuda:7"}, ["cuda:7", "cpu"]),
    ],
)
def test_what_cannot_be_built_is_said(changes, words):
    run = run_of(**changes)
    assert run_worker(run) == "failed"
    for word in words:
        assert word in run.last("state")["reason"]


def test_the_spec_of_a_run_is_its_configuration():
    run = run_of()
    assert make_config(json.loads((run.path / "spec.json").read_text())) == make_config(SMALL)
