"""Trainings at the edge: hardly any images, no labels, images of many sizes, a stop while waiting."""

import json
import math
import sys
import threading

import numpy as np
import psutil
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file

from segcore.coach import read_curves
from segcore.data import TrainTransform, open_dataset, subset, train_loader
from segcore.losses import LOSSES, build_loss
from segcore.runs import summary
from segcore.train import build, make_config
from segcore.train.process.worker import run_worker
from segcore.train.validate import ValidationWatch, validate
from tests.train.small import SMALL, run_of, steps, vals

QUICK = {"epochs": 1, "samples": 0}
CLASSES = ("background", "leaf", "stem")


def folder_of(place, masks):
    """A dataset of these masks, (h, w) uint8 each, with photos that show them."""
    for part in ("images", "masks"):
        (place / part).mkdir(parents=True)
    (place / "classes.json").write_text(json.dumps({"classes": CLASSES}))
    for index, mask in enumerate(masks):
        Image.fromarray(np.repeat(mask[..., None] * np.uint8(60), 3, axis=2)).save(place / f"images/{index:02d}.png")
        Image.fromarray(mask).save(place / f"masks/{index:02d}.png")
    return str(place)


def mask(*size, fill=0):
    made = np.full(size, fill, np.uint8)
    if fill == 0:
        made[4:16, 4:20] = 1
    return made


@pytest.mark.parametrize("ranks", [1, 2])
@pytest.mark.parametrize("batch_size", [2, 4, 16])
def test_no_batch_has_a_single_image_beside_full_ones(batch_size, ranks):
    data = open_dataset("shapes:40:32")
    for images in range(1, 36):
        for accumulate in (1, 2):
            loaders = [
                train_loader(
                    subset(data, range(images)),
                    TrainTransform(32),
                    batch_size=batch_size,
                    accumulate=accumulate,
                    seed=0,
                    epoch=0,
                    rank=rank,
                    ranks=ranks,
                )
                for rank in range(ranks)
            ]
            sizes = [sum(map(len, shares)) for shares in zip(*(loader.plan for loader in loaders), strict=True)]
            assert min(sizes) > 1 or images == 1 or sizes in ([1], [2, 1], [1, 1]), (images, accumulate, sizes)
            assert all(share for loader in loaders for share in loader.plan), "every rank has an image in every batch"


@pytest.mark.parametrize("model", ["pspnet", "deeplabv3", "deeplabv3plus", "lraspp"])
def test_seventeen_images_in_batches_of_sixteen(model):
    """Batch norm after pooling would have one value a channel in a last batch of one image."""
    changes = {"model": model, "options": {"encoder": "mobilenet_v2"}, "batch_size": 16, "data": ["shapes:17:32"]}
    parts = build(make_config(SMALL | changes))
    assert len(parts.data.train) == 17
    parts.model.train()
    groups = list(parts.train_batches(0))
    assert [[len(batch.names) for batch in group] for group in groups] == [[16]]
    alone = parts.model(torch.randn(1, 3, 64, 64)).logits  # as the only image of a dataset
    assert bool(alone.isfinite().all())


def test_a_single_image(tmp_path):
    place = folder_of(tmp_path / "one", [mask(40, 40)])
    run = run_of(data=[place], val_data=[place], **QUICK)
    assert run_worker(run) == "finished", run.last("state")
    assert len(steps(run)) == 1
    assert math.isfinite(vals(run)[0]["loss"])


def test_images_without_a_label(tmp_path):
    """Every other batch has none: its loss is 0 and no part of a mean. So has the validation: NaN is never the best."""
    place = folder_of(tmp_path / "some", [mask(32, 32, fill=255 * (index % 2)) for index in range(8)])
    empty = folder_of(tmp_path / "none", [mask(32, 32, fill=255)] * 2)
    run = run_of(data=[place], val_data=[empty], batch_size=1, **QUICK | {"epochs": 2})
    assert run_worker(run) == "finished", run.last("state")
    without = [event for event in steps(run) if event.get("unlabelled")]
    assert len(without) == 8
    assert all(event["loss"] == 0 for event in without)
    labelled = [event["loss"] for event in steps(run) if event["epoch"] == 0 and not event.get("unlabelled")]
    assert all(loss > 0 for loss in labelled)
    first = read_curves(run).epochs[0]
    assert first.train_loss == pytest.approx(sum(labelled) / 4)
    assert (first.val_loss, first.miou) == (None, None)
    assert [event["loss"] for event in vals(run)] == [None, None]
    assert run.last("best") is None and not run.checkpoint_path("best").exists()
    assert run.checkpoint_path("last").exists()
    assert (summary(run).best_miou, summary(run).done) == (None, 2)


def test_a_class_that_the_validation_lacks(tmp_path):
    """It has no IoU, and the mean is that of the others."""
    both = mask(32, 32)
    both[20:28, 20:28] = 2
    train = folder_of(tmp_path / "train", [both] * 4)
    val = folder_of(tmp_path / "val", [mask(32, 32)] * 2)
    run = run_of(data=[train], val_data=[val], **QUICK | {"epochs": 8, "learning_rate": 0.01})
    assert run_worker(run) == "finished", run.last("state")
    last = vals(run)[-1]
    assert last["support"][2] == 0
    known = [value for value in last["iou"] if value is not None]
    assert last["miou"] == pytest.approx(sum(known) / len(known))
    assert math.isfinite(last["loss"])


@pytest.mark.parametrize("loss", LOSSES)
def test_the_validation_loss_does_not_depend_on_the_batch(tmp_path, loss):
    """Images of many sizes: neither padding nor neighbours count."""
    sizes = [(32, 32), (32, 32), (33, 50), (64, 30), (31, 31), (90, 40), (64, 64)]
    place = folder_of(tmp_path / "sizes", [mask(*size) for size in sizes])
    results = []
    for batch_size in (2, 16):
        config = make_config(SMALL | {"data": [place], "val_data": [place], "loss": loss, "batch_size": batch_size})
        parts = build(config)
        parts.loss = build_loss(loss, num_classes=3, class_weights=torch.tensor([0.2, 2.0, 1.0]))
        watch = ValidationWatch(parts, lambda *_, **__: None, lambda: None, epoch=0, step=0)
        results.append(validate(parts, watch))
    one, many = results
    assert many.loss == pytest.approx(one.loss, rel=1e-5)
    assert torch.equal(many.confusion, one.confusion)
    assert int(one.confusion.sum()) == sum(height * width for height, width in sizes), "padding does not count"


def test_a_warm_up_as_long_as_the_training_is_no_trouble():
    run = run_of(**QUICK | {"warmup": 0.99, "batch_size": 12})
    assert run_worker(run) == "finished"
    assert steps(run)[0]["rate"] == pytest.approx(0.001 / 2)


def test_a_validation_reports_its_progress():
    run = run_of(epochs=2, samples=0)
    seen = []

    def watch(kind, facts):
        if kind == "validating":
            seen.append((facts["epoch"], facts["done"], facts["total"]))

    assert run_worker(run, watch=watch) == "finished"
    assert {(0, 0, 14), (1, 0, 14)} <= set(seen)
    assert summary(run).validating is None


def test_a_stop_ends_a_validation_at_once_and_resuming_is_exact():
    settings = {"epochs": 2, "samples": 0, "data": ["shapes:40:32"], "batch_size": 4}
    whole, parted = run_of(**settings), run_of(**settings)
    assert run_worker(whole) == "finished"

    def stop(kind, facts):
        if kind == "validating" and facts["epoch"] == 0:
            parted.request("stop")

    assert run_worker(parted, watch=stop) == "stopped"
    assert vals(parted) == [], "the validation was not completed"
    assert run_worker(parted, again=True) == "finished"
    assert [event["miou"] for event in vals(parted)] == [event["miou"] for event in vals(whole)]
    one, other = (load_file(run.checkpoint_path("last")) for run in (whole, parted))
    assert all(torch.equal(one[name], other[name]) for name in one)


@pytest.mark.skipif(sys.platform != "linux", reason="loader processes are forked on Linux")
def test_a_stop_is_obeyed_while_a_suspended_loader_is_waited_for():
    run = run_of(workers=1, epochs=1, samples=0, data=["shapes:80:32"])
    timers = []

    def suspend(kind, facts):
        if kind == "step" and not timers:
            psutil.Process().children()[0].suspend()
            timers.append(threading.Timer(1.5, run.request, ["stop"]))
            timers[0].start()

    assert run_worker(run, watch=suspend) == "stopped"
    assert 0 < len(steps(run)) < 20
    assert run_worker(run, again=True) == "finished"
    assert [event["step"] for event in steps(run)] == list(range(20))
