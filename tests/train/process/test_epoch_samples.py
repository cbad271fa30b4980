"""The samples of a run: what a page shows epoch by epoch lies in the folder, and agrees with the events."""

import numpy as np
import pytest
from PIL import Image

from segcore.train.process.epoch_samples import sample_indices
from segcore.train.process.worker import run_worker
from tests.train.small import run_of

SMALL = {"data": ["shapes:24:40"], "epochs": 2, "batch_size": 8, "val_share": 0.25, "samples": 3}


def pixels(path):
    with Image.open(path) as image:
        return np.asarray(image)


def test_every_epoch_has_its_samples():
    run = run_of(**SMALL)
    assert run_worker(run) == "finished"
    events, _ = run.events(kinds=("sample",))
    assert [event["epoch"] for event in events] == [0, 1]
    for event in events:
        assert [row["sample"] for row in event["samples"]] == [0, 1, 2]
        for row in event["samples"]:
            image, truth, labels, confidence = (
                pixels(run.samples_dir / row[kind]) for kind in ("image", "truth", "labels", "confidence")
            )
            assert image.shape == (40, 40, 3)  # 40 is no multiple of 32: the padding is cut off again
            assert truth.shape == labels.shape == confidence.shape == (40, 40)
            assert truth.dtype == labels.dtype == confidence.dtype == np.uint8
            assert row["pixel_accuracy"] == pytest.approx((truth == labels)[truth != 255].mean())
            assert confidence.min() >= 255 // len(run.last("setup")["classes"]), "the winner has at least its share"
    assert events[0]["samples"][0]["labels"] != events[1]["samples"][0]["labels"]


def test_the_table_of_counts_is_that_of_the_scores():
    run = run_of(**SMALL)
    assert run_worker(run) == "finished"
    val = run.last("val")
    counts = np.array(val["counts"])
    assert counts.sum() == val["pixels"]
    assert counts.sum(axis=1).tolist() == val["support"]
    assert counts.trace() / counts.sum() == pytest.approx(val["pixel_accuracy"])


def test_no_samples_by_choice():
    run = run_of(**SMALL | {"samples": 0, "epochs": 1})
    assert run_worker(run) == "finished"
    assert list(run.samples_dir.iterdir()) == []
    assert run.last("sample") is None


@pytest.mark.parametrize(
    ("images", "wanted", "indices"), [(100, 4, [0, 25, 50, 75]), (3, 8, [0, 1, 2]), (9, 0, []), (1, 1, [0])]
)
def test_samples_are_spread_over_the_images(images, wanted, indices):
    assert sample_indices(images, wanted) == indices
