"""Pictures with one class each, as a dataset: constant label maps, and one label a picture in a batch."""

import numpy as np
import pytest

from segcore.data import EvalTransform, eval_loader, has_image_labels, open_labelled_images
from segcore.data.formats.cifar import draw_stand_in
from segcore.errors import BadDataset


@pytest.fixture(autouse=True)
def own_home(tmp_path, monkeypatch):
    monkeypatch.setenv("SEGCORE_HOME", str(tmp_path))


def test_the_stand_in_is_drawn_and_says_so():
    pictures, same = open_labelled_images("cifar10:40"), draw_stand_in("train", 40)
    assert len(pictures) == 40 and "stand-in" in pictures.title and pictures.shippable
    for index in (0, 7, 39):
        sample = pictures[index]
        np.testing.assert_array_equal(sample.image, same.images[index].transpose(1, 2, 0))
        assert (sample.labels == same.labels[index]).all() and sample.labels.shape == (32, 32)
    with pytest.raises(IndexError):
        pictures[40]
    assert len(open_labelled_images("cifar10")) == 10_000


def test_cifar10_itself_is_read_where_it_is(tmp_path):
    folder = tmp_path / "data" / "cifar10" / "cifar-10-batches-bin"
    folder.mkdir(parents=True)
    record = bytes([3]) + bytes(range(256)) * 12
    for name in (*(f"data_batch_{number}" for number in range(1, 6)), "test_batch"):
        (folder / f"{name}.bin").write_bytes(record * 2)
    pictures = open_labelled_images("cifar10:7")
    assert (pictures.title, pictures.classes[3], len(pictures)) == ("CIFAR-10 (train)", "cat", 7)
    assert pictures[0].image[0, :3].tolist() == [[0, 0, 0], [1, 1, 1], [2, 2, 2]] and pictures[0].labels[5, 5] == 3


def test_a_batch_for_a_classifier_has_one_label_a_picture():
    (batch,) = eval_loader(open_labelled_images("cifar10:12"), EvalTransform(), batch_size=12, one_label=True)
    assert batch.images.shape == (12, 3, 32, 32) and batch.targets.shape == (12, 1, 1)
    assert batch.targets.flatten().tolist() == [*range(10), 0, 1]


def test_specs():
    assert has_image_labels("cifar10") and has_image_labels("cifar10:5") and not has_image_labels("cifar100")
    for wrong in ("cifar10:", "cifar10:x", "cifar10:0"):
        with pytest.raises(BadDataset, match="names no labelled images"):
            open_labelled_images(wrong)
    with pytest.raises(BadDataset, match="train and test"):
        open_labelled_images("cifar10", "val")
