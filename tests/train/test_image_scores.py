"""Scores of single images agree with the slow way, and the worst are found."""

import math

import pytest
import torch

from segcore.data import Batch
from segcore.losses import build_loss
from segcore.metrics import ConfusionMatrix, scores
from segcore.train.image_scores import SHOWN, ImageScores, image_miou


def test_the_miou_of_an_image_is_that_of_its_own_table():
    generator = torch.Generator().manual_seed(0)
    for classes in (2, 5):
        labels = torch.randint(classes, (1, 6, 7), generator=generator)
        target = torch.randint(classes, (1, 6, 7), generator=generator)
        target[0, :2] = 255
        matrix = ConfusionMatrix(classes)
        matrix.update(labels, target)
        expected = scores(matrix.counts, [str(each) for each in range(classes)]).miou
        assert float(image_miou(labels, target, classes)) == pytest.approx(expected)
    assert math.isnan(image_miou(labels, torch.full_like(target, 255), 5))


def looked_at(rightness):
    """Images of 4 x 4 pixels in two classes; of each image so many pixels are right."""
    images = ImageScores(build_loss("cross_entropy", num_classes=2))
    for number, right in enumerate(rightness):
        target = torch.zeros((1, 4, 4), dtype=torch.int64)
        logits = torch.zeros((1, 2, 16))
        logits[:, 0, :right] = 1
        logits[:, 1, right:] = 1
        batch = Batch(torch.zeros(1, 3, 4, 4), target, (f"image {number}",))
        for each in images.note_names([batch]):
            images.update(logits.reshape(1, 2, 4, 4), each.targets)
    return images


def test_the_worst_come_first_and_not_all_come():
    rightness = [16, 3, 8] + [15] * 30
    worst = looked_at(rightness).worst()
    assert [row["name"] for row in worst[:2]] == ["image 1", "image 2"]
    assert len(worst) == SHOWN
    assert worst[0]["loss"] > worst[1]["loss"] > worst[-1]["loss"]
    assert "image 0" not in [row["name"] for row in worst]


def test_images_without_a_label_are_left_out():
    images = ImageScores(build_loss("cross_entropy", num_classes=2))
    target = torch.full((2, 4, 4), 255)
    target[1] = 0
    for each in images.note_names([Batch(torch.zeros(2, 3, 4, 4), target, ("empty", "full"))]):
        images.update(torch.zeros(2, 2, 4, 4), each.targets)
    assert [(row["index"], row["name"]) for row in images.worst()] == [(1, "full")]
    assert ImageScores(build_loss("cross_entropy", num_classes=2)).worst() == []
