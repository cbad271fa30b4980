"""The job that trains a classifier, and the mosaic of test images."""

import pytest

from segcore.checkpoint import load_checkpoint
from segcore.experiments import cifar_classifier
from segcore.job_context import Cancelled, JobContext


def test_a_picture_stands_where_its_label_is() -> None:
    seen, pictures = cifar_classifier.mosaic(0), cifar_classifier.open_cifar10("test", count=1000)
    tile = seen.rgb[32:64, 96:128].transpose(2, 0, 1)
    (number,) = [index for index, image in enumerate(pictures.images) if (image == tile).all()]
    assert pictures.labels[number] == seen.labels[1, 3]


def test_the_job_leaves_a_classifier(tmp_path, monkeypatch) -> None:
    monkeypatch.setitem(cifar_classifier.IMAGES, "test", 60)
    found = cifar_classifier.work({"steps": 12, "pictures": 120, "seed": 0}, JobContext(tmp_path))
    assert found is not None and found["source"] == "drawn" and found["step"] == [0, 12]
    kept = load_checkpoint(tmp_path / cifar_classifier.FILE, task="classification")
    assert kept.card.scores[0].value == found["accuracy"][-1] and "stand-in" in kept.card.title
    with pytest.raises(Cancelled):
        cifar_classifier.work({"steps": 5, "pictures": 70, "seed": 0}, JobContext(tmp_path, cancelled=lambda: True))
